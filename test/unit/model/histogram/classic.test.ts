import { describe, expect, test } from "vitest";
import {
  classicFraction,
  classicQuantile,
  mergeClassicBuckets,
  type ClassicBuckets,
} from "../../../../src/model/index.ts";
import { rounded } from "./build.ts";

function buckets(...pairs: [bound: number, count: number][]): ClassicBuckets {
  return mergeClassicBuckets(
    pairs.map(([bound]) => bound),
    pairs.map(([, count]) => count),
  );
}

const usual = (): ClassicBuckets => buckets([1, 2], [2, 6], [4, 8], [Infinity, 10]);

test("buckets are sorted and equal bounds added up", () => {
  expect(buckets([Infinity, 4], [1, 1], [2, 3], [1, 2])).toEqual({
    bounds: Float64Array.of(1, 2, Infinity),
    counts: Float64Array.of(3, 3, 4),
  });
});

describe("quantiles of classic histograms", () => {
  const rows: [string, number, ClassicBuckets, number][] = [
    ["interpolate", 0.4, usual(), 1.5],
    ["begin at 0 in the first bucket", 0.1, usual(), 0.5],
    ["are the first bound when it is not above 0", 0.1, buckets([-1, 5], [2, 6], [Infinity, 10]), -1],
    ["are the last finite bound in the last bucket", 0.95, usual(), 4],
    ["at a bound", 0.6, usual(), 2],
    ["of NaN", NaN, usual(), NaN],
    ["below 0", -1, usual(), -Infinity],
    ["above 1", 2, usual(), Infinity],
    ["without a last bucket", 0.5, buckets([1, 2], [2, 6]), NaN],
    ["with the last bucket alone", 0.5, buckets([Infinity, 6]), NaN],
    ["of no observations", 0.5, buckets([1, 0], [Infinity, 0]), NaN],
  ];
  test.each(rows)("%s", (_name, q, input, expected) => {
    const { value, forcedMonotonic } = classicQuantile(q, input);
    expect(rounded(value)).toBe(rounded(expected));
    expect(forcedMonotonic).toBe(false);
  });

  test("counts that fall are levelled and reported", () => {
    const input = buckets([1, 2], [2, 1], [4, 8], [8, 5], [Infinity, 10]);
    expect(classicQuantile(0.5, input)).toEqual({
      value: 3,
      forcedMonotonic: true,
      boundMin: 2,
      boundMax: 8,
      differenceMax: 3,
    });
    expect(Array.from(input.counts)).toEqual([2, 2, 8, 8, 10]);
  });

  test("differences by rounding are levelled in silence, up and down", () => {
    const input = buckets([1, 3], [2, 3 - 1e-13], [4, 3 + 1e-13], [Infinity, 6]);
    expect(classicQuantile(0.5, input)).toMatchObject({ value: 1, forcedMonotonic: false });
    expect(Array.from(input.counts)).toEqual([3, 3, 3, 6]);
  });
});

describe("fractions of classic histograms", () => {
  const rows: [string, number, number, ClassicBuckets, number][] = [
    ["interpolate", 1, 1.5, usual(), 0.2],
    ["begin at 0", 0, 0.5, usual(), 0.1],
    ["everything", -Infinity, Infinity, usual(), 1],
    ["in the last bucket nothing is known", 5, 100, usual(), 0],
    [
      "in a first bucket without a lower end all counts",
      -Infinity,
      -2,
      buckets([-1, 5], [Infinity, 10]),
      0.5,
    ],
    ["ends that meet", 2, 2, usual(), 0],
    ["an end of NaN", NaN, 2, usual(), NaN],
    ["without a last bucket", 0, 1, buckets([1, 2], [2, 6]), NaN],
    ["of no observations", 0, 1, buckets([1, 0], [Infinity, 0]), NaN],
  ];
  test.each(rows)("%s", (_name, lower, upper, input, expected) => {
    expect(rounded(classicFraction(lower, upper, input))).toBe(rounded(expected));
  });
});
