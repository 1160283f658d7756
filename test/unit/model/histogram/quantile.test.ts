import { describe, expect, test } from "vitest";
import { histogramFraction, histogramQuantile, histogramVariance } from "../../../../src/model/index.ts";
import { rounded, sketch, type Sketch } from "./build.ts";

const simple: Sketch = { sum: 5, positive: [0, 1, 2, 1] }; // (0.5,1] (1,2] (2,4]
const mirrored: Sketch = { sum: -5, negative: [0, 1, 2, 1] };
const aroundZero: Sketch = { zero: [1, 2], positive: [1, 1], negative: [1, 1] };
const custom: Sketch = { sum: 9, bounds: [1, 2, 4], positive: [0, 1, 2, 1] };

describe("quantiles of native histograms", () => {
  const rows: [string, number, Sketch, number][] = [
    ["half way in a bucket is its geometric middle", 0.5, simple, Math.SQRT2],
    ["below half", 0.375, simple, 2 ** 0.25],
    ["above half", 0.625, simple, 2 ** 0.75],
    ["zero is the lowest bound", 0, simple, 0.5],
    ["one is the highest bound", 1, simple, 4],
    ["negative buckets are mirrored", 0.5, mirrored, -Math.SQRT2],
    ["of negative buckets, zero", 0, mirrored, -4],
    ["the zero bucket is linear", 0.5, aroundZero, 0],
    ["the zero bucket, a quarter", 0.375, aroundZero, -0.5],
    ["the zero bucket beside positive buckets begins at 0", 0.25, { zero: [1, 2], positive: [1, 2] }, 0.5],
    ["the zero bucket beside negative buckets ends at 0", 0.75, { zero: [1, 2], negative: [1, 2] }, -0.5],
    ["the zero bucket alone is whole", 0.25, { zero: [1, 2] }, -0.5],
    ["custom buckets are linear", 0.5, custom, 1.5],
    ["a first custom bucket that ends above 0 begins there", 0.125, custom, 0.5],
    ["a first custom bucket that ends below 0 is its end", 0.1, { bounds: [-1, 2], positive: [0, 5, 1] }, -1],
    ["the last custom bucket is its lower bound", 1, { bounds: [1, 2], positive: [0, 1, 1, 5] }, 2],
    ["NaN is NaN", NaN, simple, NaN],
    ["below 0 is -Inf", -0.1, simple, -Infinity],
    ["above 1 is +Inf", 1.1, simple, Infinity],
    ["of nothing is NaN", 0.5, {}, NaN],
    ["of buckets with less than the count is the highest bound", 0.2, { positive: [1, 1], count: 100 }, 2],
  ];
  test.each(rows)("%s", (_name, q, form, expected) => {
    const { value, nanObservations } = histogramQuantile(q, sketch(form));
    expect(rounded(value)).toBe(rounded(expected));
    expect(nanObservations).toBe("none");
  });

  test("say when observations were NaN", () => {
    const withNaN = sketch({ positive: [1, 4, 4], count: 10, sum: NaN });
    expect(histogramQuantile(0.9, withNaN)).toEqual({ value: NaN, nanObservations: "result" });
    expect(histogramQuantile(0.6, withNaN)).toEqual({ value: 2 * Math.SQRT2, nanObservations: "skewed" });
    const onlyInfinities = sketch({ positive: [1, 4, 4], sum: NaN });
    expect(histogramQuantile(0.75, onlyInfinities)).toEqual({
      value: 2 * Math.SQRT2,
      nanObservations: "none",
    });
  });

  // A wrong answer that we share with Prometheus: below the last bucket it interpolates in the last one all the same.
  test("with a sum of NaN are taken from the last bucket", () => {
    const withNaN = sketch({ positive: [1, 4, 4], count: 10, sum: NaN });
    expect(histogramQuantile(0.2, withNaN)).toEqual({ value: 2 * Math.SQRT2, nanObservations: "skewed" });
    const endsEmpty = sketch({ positive: [1, 4, 0], sum: NaN });
    expect(histogramQuantile(0, endsEmpty)).toEqual({ value: NaN, nanObservations: "none" });
  });
});

describe("fractions of native histograms", () => {
  const rows: [string, number, number, Sketch, number][] = [
    ["a whole bucket", 1, 2, simple, 0.5],
    ["everything", -Infinity, Infinity, simple, 1],
    ["part of a bucket", 1, Math.SQRT2, simple, 0.25],
    ["parts of two", Math.SQRT1_2, Math.SQRT2, simple, 0.375],
    ["negative", -2, -1, mirrored, 0.5],
    ["negative, in part", -Math.SQRT2, 0, mirrored, 0.5],
    ["part of the zero bucket", -0.5, 0.5, aroundZero, 0.25],
    ["of a zero bucket that begins at 0", 0, 0.5, { zero: [1, 2], positive: [1, 2] }, 0.25],
    ["below a zero bucket that begins at 0", -1, 0, { zero: [1, 2], positive: [1, 2] }, 0],
    ["of custom buckets", 1, 1.5, custom, 0.25],
    ["of the first custom bucket", 0, 0.5, custom, 0.125],
    ["above all custom bounds", 3, Infinity, { bounds: [1, 2], positive: [1, 1, 3] }, 0.75],
    ["none where the ends meet", 2, 2, simple, 0],
    ["none where they cross", 3, 2, simple, 0],
    ["NaN for an end of NaN", NaN, 2, simple, NaN],
    ["NaN of nothing", 0, 1, {}, NaN],
  ];
  test.each(rows)("%s", (_name, lower, upper, form, expected) => {
    const { value, nanObservations } = histogramFraction(lower, upper, sketch(form));
    expect(rounded(value)).toBe(rounded(expected));
    expect(nanObservations).toBe("none");
  });

  test("say when observations were NaN", () => {
    const withNaN = sketch({ positive: [1, 4, 4], count: 10, sum: NaN });
    expect(histogramFraction(-Infinity, Infinity, withNaN)).toEqual({
      value: 0.8,
      nanObservations: "excluded",
    });
  });
});

describe("the variance takes each observation at the middle of its bucket", () => {
  const rows: [string, Sketch, number][] = [
    ["geometric", { sum: Math.SQRT2 * 4, positive: [1, 4] }, 0],
    ["geometric and negative", { sum: 0, positive: [1, 1], negative: [1, 1] }, 2],
    ["of the zero bucket", { sum: 4, zero: [0.5, 2] }, 4],
    ["arithmetic", { sum: 6, bounds: [1, 2, 4], positive: [1, 2, 2] }, 1.125],
    ["of an open custom bucket", { sum: 6, bounds: [1], positive: [1, 2] }, Infinity],
    ["of nothing", {}, NaN],
  ];
  test.each(rows)("%s", (_name, form, expected) =>
    expect(rounded(histogramVariance(sketch(form)))).toBe(rounded(expected)),
  );
});
