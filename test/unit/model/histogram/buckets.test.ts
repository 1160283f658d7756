import { describe, expect, test } from "vitest";
import {
  bucketBound,
  exponentialBound,
  histogramBuckets,
  histogramSampleCount,
  histogramText,
  sameHistogram,
  STALE_HISTOGRAM,
  withResetHint,
} from "../../../../src/model/index.ts";
import { sketch, type Sketch } from "./build.ts";

describe("bounds of exponential buckets", () => {
  // Those with many digits are as Prometheus prints them, not the nearest float.
  const rows: [schema: number, index: number, bound: number][] = [
    [0, 0, 1],
    [0, 3, 8],
    [0, -2, 0.25],
    [-4, 1, 65_536],
    [-4, -1, 1 / 65_536],
    [1, 1, Math.SQRT2 - 2 ** -52],
    [1, -1, Math.SQRT1_2 - 2 ** -53],
    [2, 3, 1.6817928305074288],
    [8, 1, 1.0027112750502025],
    [8, 255, 1.9945921121709396],
    [0, 1024, Number.MAX_VALUE],
    [0, 1025, Infinity],
    [-4, 64, Number.MAX_VALUE],
    [8, 1024 * 256, Number.MAX_VALUE],
    [0, -1074, 5e-324],
    [0, -1080, 0],
  ];
  test.each(rows)("schema %d, bucket %d", (schema, index, bound) => {
    expect(exponentialBound(index, schema)).toBe(bound);
  });

  test("each coarser schema has every second bound", () => {
    for (let schema = -4; schema < 8; schema++) {
      for (let index = -40; index <= 40; index++) {
        expect(exponentialBound(2 * index, schema + 1)).toBe(exponentialBound(index, schema));
      }
    }
  });

  test("custom bounds are open at both ends", () => {
    const histogram = sketch({ bounds: [1, 5] });
    expect([-1, 0, 1, 2].map((index) => bucketBound(histogram, index))).toEqual([-Infinity, 1, 5, Infinity]);
  });
});

describe("the text form lists populated buckets ascending", () => {
  const rows: [Sketch, string][] = [
    [{}, "{count:0, sum:0}"],
    [
      { sum: 40, zero: [0.001, 8], positive: [0, 8, 0, 4], negative: [1, 2, 1] },
      "{count:23, sum:40, [-4,-2):1, [-2,-1):2, [-0.001,0.001]:8, (0.5,1]:8, (2,4]:4}",
    ],
    [{ sum: 1e6, schema: 1, positive: [1, 0.5] }, "{count:0.5, sum:1e+06, (1,1.414213562373095]:0.5}"],
    [
      { sum: -1, bounds: [-2, 3], positive: [0, 1, 2, 3] },
      "{count:6, sum:-1, [-Inf,-2]:1, (-2,3]:2, (3,+Inf]:3}",
    ],
  ];
  test.each(rows)("%j", (form, expected) => expect(histogramText(sketch(form))).toBe(expected));
});

test("buckets are given with their bounds, cut where the zero bucket reaches", () => {
  const histogram = sketch({ zero: [1.5, 2], positive: [1, 3, 0, 1], negative: [1, 4] });
  expect(histogramBuckets(histogram)).toEqual([
    { lower: -2, upper: -1.5, lowerInclusive: true, upperInclusive: false, count: 4 },
    { lower: -1.5, upper: 1.5, lowerInclusive: true, upperInclusive: true, count: 2 },
    { lower: 1.5, upper: 2, lowerInclusive: false, upperInclusive: true, count: 3 },
    { lower: 4, upper: 8, lowerInclusive: false, upperInclusive: true, count: 1 },
  ]);
  const custom = histogramBuckets(sketch({ bounds: [-1, 5], positive: [0, 1, 1] }));
  expect(custom).toEqual([
    { lower: -Infinity, upper: -1, lowerInclusive: true, upperInclusive: true, count: 1 },
    { lower: -1, upper: 5, lowerInclusive: false, upperInclusive: true, count: 1 },
  ]);
});

describe("equality", () => {
  const base: Sketch = { sum: 3, zero: [0.1, 1], positive: [2, 1, 2] };
  const rows: [string, Sketch, Sketch, boolean][] = [
    ["of the same data", base, base, true],
    ["does not see the hint", base, { ...base, hint: "gauge" }, true],
    ["sees the sum", base, { ...base, sum: 4 }, false],
    ["sees a sign of zero", { sum: 0 }, { sum: -0 }, false],
    ["takes NaN as equal", { sum: NaN }, { sum: NaN }, true],
    ["sees the schema", base, { ...base, schema: 1 }, false],
    ["sees the zero threshold", base, { ...base, zero: [0.2, 1] }, false],
    ["sees where buckets are", base, { ...base, positive: [3, 1, 2] }, false],
    ["sees empty buckets", base, { ...base, positive: [2, 1, 2, 0] }, false],
    ["sees custom bounds", { bounds: [1] }, { bounds: [2] }, false],
  ];
  test.each(rows)("%s", (_name, a, b, expected) =>
    expect(sameHistogram(sketch(a), sketch(b))).toBe(expected),
  );

  test("does not see how spans are cut", () => {
    const whole = sketch(base);
    const spans = [
      { offset: 2, length: 1 },
      { offset: 0, length: 0 },
      { offset: 0, length: 1 },
    ];
    expect(sameHistogram(whole, { ...whole, positiveSpans: spans })).toBe(true);
    expect(sameHistogram(STALE_HISTOGRAM, { ...STALE_HISTOGRAM, stale: false })).toBe(false);
  });
});

test("the size counts in samples of 16 bytes", () => {
  expect(histogramSampleCount(sketch({}))).toBe(11);
  expect(histogramSampleCount(sketch({ positive: [0, 1, 2, 3], bounds: [1, 2] }))).toBe(14);
});

test("a hint is only copied in when it differs", () => {
  const histogram = sketch({ hint: "gauge" });
  expect(withResetHint(histogram, "gauge")).toBe(histogram);
  expect(withResetHint(histogram, "reset")).toEqual(sketch({ hint: "reset" }));
});
