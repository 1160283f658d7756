import { expect, test } from "vitest";
import {
  bitsOf,
  fillAbsent,
  isAbsentAt,
  isStaleAt,
  seriesId,
  columnId,
  millis,
  setAbsentAt,
  setNormalNaNAt,
  setStaleAt,
} from "../../../src/model/index.ts";

test("markers are told apart from each other and from other NaNs", () => {
  const values = new Float64Array(6);
  const bits = bitsOf(values);
  setStaleAt(bits, 0);
  setAbsentAt(bits, 1);
  setNormalNaNAt(bits, 2);
  values[3] = NaN;
  values[4] = Infinity;
  const rows = Array.from(values.keys());
  expect(rows.filter((row) => isStaleAt(bits, row))).toEqual([0]);
  expect(rows.filter((row) => isAbsentAt(bits, row))).toEqual([1]);
  expect([bits[0], bits[1], bits[4], bits[5]]).toEqual([2, 0x7ff00000, 1, 0x7ff80000]);
});

test("a marker that was made quiet on its way is still one", () => {
  const bits = Uint32Array.of(2, 0x7ff80000, 0x6e617274, 0x7ff80000);
  expect(isStaleAt(bits, 0)).toBe(true);
  expect(isAbsentAt(bits, 1)).toBe(true);
});

test("columns are filled and seen through from their own start", () => {
  const values = new Float64Array(5).fill(1);
  const part = bitsOf(values.subarray(1, 4));
  fillAbsent(part, 0, 2);
  const bits = bitsOf(values);
  expect(Array.from(values.keys()).filter((row) => isAbsentAt(bits, row))).toEqual([1, 2]);
});

test("times are safe integers, ids are what they are", () => {
  expect(millis(-5)).toBe(-5);
  expect(() => millis(1.5)).toThrow("not a time in ms: 1.5");
  expect([seriesId(7), columnId(3)]).toEqual([7, 3]);
});
