import fc from "fast-check";
import { expect, test } from "vitest";
import { fitLine } from "../../../../src/promql/functions/regression.kernel.ts";

function fit(points: readonly (readonly [number, number])[], originMs: number): [number, number] {
  const out = new Float64Array(2);
  const times = Float64Array.from(points, ([time]) => time);
  const values = Float64Array.from(points, ([, value]) => value);
  fitLine(times, values, 0, points.length, originMs, out);
  return [out[0]!, out[1]!];
}

test("points on a line give the line", () => {
  const number = fc.integer({ min: -1000, max: 1000 });
  fc.assert(
    fc.property(number, number, fc.integer({ min: 2, max: 50 }), (slope, intercept, count) => {
      const points = Array.from(
        { length: count },
        (_, i) => [i * 15_000, intercept + slope * i * 15] as const,
      );
      const [fittedSlope, fittedIntercept] = fit(points, 0);
      expect(fittedSlope).toBeCloseTo(slope, 6);
      expect(fittedIntercept).toBeCloseTo(intercept, 4);
    }),
  );
});

test("the line is that of the textbook for scattered points", () => {
  const [slope, intercept] = fit(
    [
      [0, 1],
      [1000, 3],
      [2000, 2],
      [3000, 5],
    ],
    0,
  );
  expect(slope).toBeCloseTo(1.1, 12);
  expect(intercept).toBeCloseTo(1.1, 12);
});

test.each([
  ["equal values have slope 0 exactly", 4.2, [0, 4.2]],
  ["equal infinite values have none", Infinity, [NaN, NaN]],
] as const)("%s", (_name, value, expected) => {
  expect(
    fit(
      [
        [0, value],
        [7, value],
        [19, value],
      ],
      5,
    ),
  ).toEqual(expected);
});
