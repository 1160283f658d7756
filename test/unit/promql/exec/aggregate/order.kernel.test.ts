import fc from "fast-check";
import { expect, test } from "vitest";
import {
  bringToPlace,
  leastOf,
  moveNaNFirst,
} from "../../../../../src/promql/exec/aggregate/order.kernel.ts";

const numbers = fc.array(
  fc.oneof(
    fc.integer({ min: -20, max: 20 }),
    fc.double({ noNaN: true }),
    fc.constantFrom(Infinity, -Infinity),
  ),
  { minLength: 1, maxLength: 200 },
);

test("each value that is brought to its place is the one that sorting brings there", () => {
  fc.assert(
    fc.property(numbers, fc.nat(), (values, seed) => {
      const nth = seed % values.length;
      const column = Float64Array.from(values);
      bringToPlace(column, 0, column.length, nth);
      const sorted = values.toSorted((a, b) => a - b);
      expect(column[nth]! + 0).toBe(sorted[nth]! + 0); // -0 and 0 are equal.
      expect(column.subarray(0, nth).every((value) => value <= column[nth]!)).toBe(true);
      expect(column.subarray(nth).every((value) => value >= column[nth]!)).toBe(true);
      expect([...column].toSorted((a, b) => a - b).map(String)).toEqual(sorted.map(String));
    }),
  );
});

test("places outside the range stay as they are", () => {
  const values = Float64Array.of(9, 3, 1, 2, 0);
  bringToPlace(values, 1, 4, 1);
  expect([...values]).toEqual([9, 1, 2, 3, 0]);
});

test("NaNs go to the front and are counted", () => {
  const values = Float64Array.of(3, NaN, 1, NaN, 2, NaN);
  expect(moveNaNFirst(values, 5)).toBe(2);
  expect([...values.subarray(0, 2)]).toEqual([NaN, NaN]);
  expect([...values.subarray(2, 5)].toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
});

test("the least of a range, and of none", () => {
  expect(leastOf(Float64Array.of(-9, 4, 3, 5, -8), 1, 4)).toBe(3);
  expect(leastOf(Float64Array.of(1), 1, 1)).toBe(Infinity);
});
