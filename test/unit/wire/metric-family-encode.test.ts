import { expect, test } from "vitest";
import { createHistogram, millis } from "../../../src/model/index.ts";
import { encodeMetricFamilies, type MetricFamily } from "../../../src/wire/index.ts";
import { decodeDelimited } from "./reference-proto.ts";

function decoded(families: readonly MetricFamily[]): object[] {
  return decodeDelimited("MetricFamily", Buffer.concat([...encodeMetricFamilies(families)]));
}

test("labels keep their order and empty values", () => {
  const time = millis(1_700_000_000_000);
  const labels = ["z", "1", "instance", ""];
  const family: MetricFamily = {
    name: "up",
    type: "untyped",
    metrics: [
      { labels, time, value: { kind: "untyped", value: -1.5 } },
      { labels: [], time: millis(-1), value: { kind: "untyped", value: 2 } },
    ],
  };
  expect(decoded([family, { ...family, name: "e", metrics: [] }])).toEqual([
    {
      name: "up",
      type: 3,
      metric: [
        {
          label: [{ name: "z", value: "1" }, { name: "instance" }],
          untyped: { value: -1.5 },
          timestampMs: 1_700_000_000_000,
        },
        { untyped: { value: 2 }, timestampMs: -1 },
      ],
    },
    { name: "e", type: 3 },
  ]);
});

test("native histograms have float counts", () => {
  const histogram = createHistogram({
    schema: -2,
    count: 9.5,
    sum: 3,
    zeroThreshold: 0.25,
    zeroCount: 1.5,
    negativeSpans: [{ offset: -3, length: 1 }],
    negativeBuckets: [4],
    positiveSpans: [{ offset: 0, length: 2 }],
    positiveBuckets: [1, 3],
  });
  const value = { kind: "native", histogram } as const;
  const family: MetricFamily = {
    name: "h",
    type: "gauge_histogram",
    metrics: [{ labels: [], time: millis(5), value }],
  };
  expect(decoded([family])).toEqual([
    {
      name: "h",
      type: 5,
      metric: [
        {
          timestampMs: 5,
          histogram: {
            sampleSum: 3,
            sampleCountFloat: 9.5,
            schema: -2,
            zeroThreshold: 0.25,
            zeroCountFloat: 1.5,
            negativeSpan: [{ offset: -3, length: 1 }],
            negativeCount: [4],
            positiveSpan: [{ length: 2 }],
            positiveCount: [1, 3],
          },
        },
      ],
    },
  ]);
});

test("classic histograms leave out the bucket without a bound", () => {
  const buckets = [{ upperBound: 0.5, cumulativeCount: 2 }];
  const value = { kind: "classic", count: 3, sum: 4, buckets } as const;
  const family: MetricFamily = {
    name: "h",
    type: "histogram",
    metrics: [{ labels: [], time: millis(5), value }],
  };
  const histogram = {
    sampleSum: 4,
    bucket: [{ upperBound: 0.5, cumulativeCountFloat: 2 }],
    sampleCountFloat: 3,
  };
  expect(decoded([family])).toEqual([{ name: "h", type: 4, metric: [{ timestampMs: 5, histogram }] }]);
});

test("many families come in several chunks, each family whole in one", () => {
  const families = Array.from({ length: 3000 }, (_, i): MetricFamily => {
    const value = { kind: "untyped", value: i } as const;
    return {
      name: `metric_${i}`,
      type: "untyped",
      metrics: [{ labels: ["a", "b".repeat(40)], time: millis(1), value }],
    };
  });
  const chunks = [...encodeMetricFamilies(families)];
  expect(chunks.length).toBeGreaterThan(2);
  expect(chunks.flatMap((chunk) => decodeDelimited("MetricFamily", chunk)).length).toBe(3000);
});
