import { test } from "vitest";
import {
  classicQuantile,
  createHistogram,
  detectReset,
  histogramQuantile,
  HistogramSum,
  mergeClassicBuckets,
  type Histogram,
} from "../../src/model/index.ts";

const COUNT = 1000;

// 30 buckets in two spans, shifted a little from one to the next.
const histograms: Histogram[] = Array.from({ length: COUNT }, (_, i) => {
  const positiveBuckets = Array.from({ length: 30 }, (_, bucket) => ((bucket * 7 + i) % 11) + 1);
  const count = positiveBuckets.reduce((sum, bucket) => sum + bucket, 2);
  return createHistogram({
    schema: 3,
    count,
    sum: count * 1.5,
    zeroThreshold: 1e-128,
    zeroCount: 2,
    positiveSpans: [
      { offset: -8 + (i % 3), length: 20 },
      { offset: 2, length: 10 },
    ],
    positiveBuckets,
  });
});

const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, Infinity];
const classic = mergeClassicBuckets(
  bounds,
  bounds.map((_, i) => (i + 1) * 10),
);

function sumAll(): Histogram {
  const sum = new HistogramSum(histograms[0]!);
  for (let i = 1; i < COUNT; i++) sum.add(histograms[i]!);
  return sum.result().histogram;
}

// One turn works through 1,000 histograms.
test("1,000 native histograms of 30 buckets", async ({ bench }) => {
  await bench.compare(
    bench("sum", () => void sumAll()),
    bench("quantile", () => histograms.forEach((histogram) => histogramQuantile(0.9, histogram))),
    bench("reset", () =>
      histograms.forEach((histogram, i) => detectReset(histogram, histograms[Math.max(0, i - 3)]!))),
    { time: 500 },
  );
});

test("1,000 quantiles of a classic histogram of 12 buckets", async ({ bench }) => {
  await bench("classicQuantile", () => {
    for (let i = 0; i < COUNT; i++) classicQuantile(0.9, classic);
  }).run({ time: 500 });
});
