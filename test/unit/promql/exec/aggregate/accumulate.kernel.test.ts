import fc from "fast-check";
import { expect, test } from "vitest";
import {
  addToCounts,
  addToMeans,
  addToSums,
  addToVariances,
  keepGreatest,
  keepLeast,
} from "../../../../../src/promql/exec/aggregate/accumulate.kernel.ts";

const FLOAT_ONLY = Uint8Array.of(1);

function sum(values: readonly number[]): number {
  const sums = new Float64Array(1);
  const compensations = new Float64Array(1);
  const seen = new Uint8Array(1);
  for (const value of values) {
    addToSums(Float64Array.of(value), FLOAT_ONLY, sums, compensations, seen, 0);
  }
  return sums[0]! + compensations[0]!;
}

function mean(values: readonly number[]): number {
  const sums = new Float64Array(1);
  const compensations = new Float64Array(1);
  const counts = new Float64Array(1);
  const means = new Uint8Array(1);
  for (const value of values) {
    addToMeans(Float64Array.of(value), FLOAT_ONLY, sums, compensations, counts, means, 0);
  }
  const divisor = means[0] === 1 ? 1 : counts[0]!;
  return sums[0]! / divisor + compensations[0]! / divisor;
}

function variance(values: readonly number[]): number {
  const counts = new Float64Array(1);
  const means = new Float64Array(1);
  const squares = new Float64Array(1);
  for (const value of values) {
    addToVariances(Float64Array.of(value), FLOAT_ONLY, counts, means, squares, 0);
  }
  return squares[0]! / counts[0]!;
}

function extreme(keep: typeof keepLeast, values: readonly number[]): number {
  const kept = new Float64Array(1);
  const seen = new Uint8Array(1);
  for (const value of values) keep(Float64Array.of(value), FLOAT_ONLY, kept, seen, 0);
  return kept[0]!;
}

const integers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 40 });
const plainSum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

test("sums, means and variances equal their plain twins where those are exact", () => {
  fc.assert(
    fc.property(integers, (values) => {
      const average = plainSum(values) / values.length;
      const squares = plainSum(values.map((value) => (value - average) ** 2));
      expect(sum(values)).toBe(plainSum(values) + 0);
      expect(mean(values)).toBeCloseTo(average, 9);
      expect(variance(values)).toBeCloseTo(squares / values.length, 6);
    }),
  );
});

test.each([
  ["what a plain sum loses comes back", sum, [1e100, 1, -1e100], 1],
  ["an infinite sum stays infinite", sum, [Infinity, 1, 2], Infinity],
  ["opposite infinities are no number", sum, [Infinity, -Infinity, 1], NaN],
  ["a mean does not overflow with its sum", mean, [1e308, 1e308, -1e308], 1e308 / 3],
  ["a mean of infinities is infinite", mean, [Infinity, Infinity, 5], Infinity],
  ["a mean of opposite infinities is no number", mean, [-Infinity, -Infinity, Infinity], NaN],
  ["one finite value has no variance", variance, [7], 0],
  ["an infinite first value makes the variance no number", variance, [Infinity, 1], NaN],
] as const)("%s", (_name, of, values, expected) => {
  // What is lost in the last digit is shown by rounding; NaN and infinities stay.
  expect(Number(of(values).toPrecision(15))).toBe(Number(expected.toPrecision(15)));
});

test("a NaN gives way to any number", () => {
  for (const [values, least, greatest] of [
    [[NaN, 3, NaN, 1], 1, 3],
    [[NaN, NaN], NaN, NaN],
    [[-Infinity, 5], -Infinity, 5],
  ] as const) {
    expect(extreme(keepLeast, values)).toBe(least);
    expect(extreme(keepGreatest, values)).toBe(greatest);
  }
});

test("groups and steps do not touch each other, absent steps and histograms count for nothing but a count", () => {
  const sums = new Float64Array(6);
  const compensations = new Float64Array(6);
  const seen = new Uint8Array(6);
  const counts = new Float64Array(6);
  const kinds = Uint8Array.of(1, 0, 2);
  addToSums(Float64Array.of(5, 6, 7), kinds, sums, compensations, seen, 3);
  addToCounts(kinds, counts, 3);
  expect([...sums]).toEqual([0, 0, 0, 5, 0, 0]);
  expect([...seen]).toEqual([0, 0, 0, 1, 0, 0]);
  expect([...counts]).toEqual([0, 0, 0, 1, 0, 1]);
});
