import fc from "fast-check";
import { expect, test } from "vitest";
import {
  computeArithmetic,
  computeComparison,
  intersectKinds,
  power,
} from "../../../../../src/promql/exec/binary/operators.kernel.ts";
import type { ArithmeticOp, ComparisonOp } from "../../../../../src/promql/index.ts";

const ARITHMETIC: Readonly<Record<ArithmeticOp, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "^": power,
  atan2: Math.atan2,
};

const COMPARISON: Readonly<Record<ComparisonOp, (a: number, b: number) => boolean>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

const pairs = fc.array(fc.tuple(fc.double(), fc.double()), { maxLength: 20 });

test.each(Object.keys(ARITHMETIC) as ArithmeticOp[])("%s is applied element by element", (op) => {
  fc.assert(
    fc.property(pairs, (pairs) => {
      const out = new Float64Array(pairs.length);
      computeArithmetic(
        op,
        Float64Array.from(pairs, ([a]) => a),
        Float64Array.from(pairs, ([, b]) => b),
        out,
      );
      expect([...out]).toEqual(pairs.map(([a, b]) => ARITHMETIC[op](a, b)));
    }),
  );
});

test.each(Object.keys(COMPARISON) as ComparisonOp[])("%s flags where it holds", (op) => {
  fc.assert(
    fc.property(pairs, (pairs) => {
      const flags = new Uint8Array(pairs.length);
      computeComparison(
        op,
        Float64Array.from(pairs, ([a]) => a),
        Float64Array.from(pairs, ([, b]) => b),
        flags,
      );
      expect([...flags]).toEqual(pairs.map(([a, b]) => Number(COMPARISON[op](a, b))));
    }),
  );
});

test.each([
  [1, NaN, 1],
  [1, Infinity, 1],
  [-1, Infinity, 1],
  [-1, -Infinity, 1],
  [NaN, 0, 1],
  [-8, 1 / 3, NaN],
  [2, 10, 1024],
])("%d to the power of %d is C's", (base, exponent, expected) => {
  expect(power(base, exponent)).toBe(expected);
});

test("both sides must have a float", () => {
  const out = new Uint8Array(4);
  intersectKinds(Uint8Array.of(0, 1, 0, 1), Uint8Array.of(0, 0, 1, 1), out);
  expect([...out]).toEqual([0, 0, 0, 1]);
});
