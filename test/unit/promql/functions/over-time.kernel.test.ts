import fc from "fast-check";
import { expect, test } from "vitest";
import {
  averageOverTime,
  countOverTime,
  maxOverTime,
  minOverTime,
  sumOverTime,
  timeOfExtreme,
  varianceOverTime,
} from "../../../../src/promql/functions/over-time.kernel.ts";

// Plain twins, exact where the inputs are small integers.
const TWINS = {
  sum: (values: number[]) => values.reduce((a, b) => a + b, 0),
  average: (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length,
  min: (values: number[]) => Math.min(...values),
  max: (values: number[]) => Math.max(...values),
};
const KERNELS = { sum: sumOverTime, average: averageOverTime, min: minOverTime, max: maxOverTime };

/** Runs a kernel over one window of all values, between two empty ones. */
function whole(kernel: typeof minOverTime, values: readonly number[]): (number | undefined)[] {
  const column = Float64Array.from(values);
  const from = Int32Array.of(0, 0, values.length);
  const to = Int32Array.of(0, values.length, values.length);
  const out = new Float64Array(3);
  const kinds = new Uint8Array(3);
  kernel(column, from, to, out, kinds, new Float64Array(values.length));
  return Array.from(out, (value, step) => (kinds[step] === 1 ? value : undefined));
}

test.each(Object.keys(TWINS) as (keyof typeof TWINS)[])(
  "%s equals its plain twin on random windows",
  (name) => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 50 }),
        (values) => {
          expect(whole(KERNELS[name], values)).toEqual([undefined, TWINS[name](values), undefined]);
        },
      ),
    );
  },
);

const numberOrNaN = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom(NaN, -0, Infinity, -Infinity));

test.each([
  ["min", minOverTime, (a: number, b: number) => a < b],
  ["max", maxOverTime, (a: number, b: number) => a > b],
] as const)("sliding windows have the same %s as windows scanned one by one", (_name, kernel, isBetter) => {
  const windows = fc.array(fc.tuple(fc.nat(4), fc.nat(7)), { maxLength: 20 });
  fc.assert(
    fc.property(fc.array(numberOrNaN, { maxLength: 60 }), windows, (values, moves) => {
      const count = values.length;
      let first = 0;
      let end = 0;
      const bounds = moves.map(([skip, take]) => {
        end = Math.min(count, end + take);
        first = Math.min(end, first + skip);
        return [first, end] as const;
      });
      const out = new Float64Array(bounds.length).fill(99);
      const kinds = new Uint8Array(bounds.length);
      const from = Int32Array.from(bounds, ([start]) => start);
      const to = Int32Array.from(bounds, ([, stop]) => stop);
      kernel(Float64Array.from(values), from, to, out, kinds, new Float64Array(count));
      const expected = bounds.map(([start, stop]) =>
        start === stop
          ? 99
          : values.slice(start, stop).reduce((a, b) => (isBetter(b, a) || Number.isNaN(a) ? b : a)),
      );
      expect([...out]).toEqual(expected);
    }),
  );
});

test("variance equals the textbook's", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 50 }),
      (values) => {
        const mean = TWINS.average(values);
        const expected = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
        expect(whole(varianceOverTime, values)[1]).toBeCloseTo(expected, 6);
      },
    ),
  );
});

test.each([
  ["a sum keeps what rounding loses", sumOverTime, [1e100, 1, -1e100], 1],
  ["an infinite sum stays infinite", sumOverTime, [Infinity, 1], Infinity],
  ["opposite infinities have no sum", sumOverTime, [Infinity, -Infinity], NaN],
  ["an average whose sum overflows is still right", averageOverTime, [1e308, 1e308, 1e308], 1e308],
  ["an average keeps what rounding loses", averageOverTime, [1e100, 1, -1e100], 1 / 3],
  ["a number takes the place of NaN in a minimum", minOverTime, [NaN, 2, NaN, 1], 1],
  ["a minimum of NaNs is NaN", minOverTime, [NaN, NaN], NaN],
  ["a number takes the place of NaN in a maximum", maxOverTime, [NaN, 2, NaN, 1], 2],
])("%s", (_name, kernel, values, expected) => {
  expect(whole(kernel, values)[1]).toBe(expected);
});

test("count tells how many samples the windows hold and leaves empty ones alone", () => {
  const out = new Float64Array(3);
  const kinds = new Uint8Array(3);
  countOverTime(Int32Array.of(0, 1, 3), Int32Array.of(3, 3, 3), out, kinds);
  expect([[...out], [...kinds]]).toEqual([
    [3, 2, 0],
    [1, 1, 0],
  ]);
});

test.each([
  [[1, 3, 3, 2], 1, 3],
  [[1, 3, 1, 2], -1, 3],
  [[NaN, 5, NaN], 1, 2],
  [[Infinity, Infinity], 1, 2],
])("the extreme of %j in direction %d was last at second %d", (values, wanted, expected) => {
  const times = Float64Array.from(values, (_, row) => (row + 1) * 1000);
  const out = new Float64Array(1);
  const kinds = new Uint8Array(1);
  timeOfExtreme(
    times,
    Float64Array.from(values),
    Int32Array.of(0),
    Int32Array.of(values.length),
    wanted,
    out,
    kinds,
  );
  expect([out[0], kinds[0]]).toEqual([expected, 1]);
});
