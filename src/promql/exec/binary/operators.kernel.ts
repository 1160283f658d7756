// Operators over whole columns: `out[i]` from `left[i]` and `right[i]` for all `i < out.length`, absent elements
// included, whose results nobody looks at. `out` may be one of the inputs. One loop an operator, so that each is
// compiled for its own.

import type { ArithmeticOp, ComparisonOp } from "../../parse/ast.ts";

/** Source: spec BIN-1 to BIN-4. */
export function computeArithmetic(
  op: ArithmeticOp,
  left: Float64Array,
  right: Float64Array,
  out: Float64Array,
): void {
  const count = out.length;
  switch (op) {
    case "+":
      for (let i = 0; i < count; i++) out[i] = left[i]! + right[i]!;
      return;
    case "-":
      for (let i = 0; i < count; i++) out[i] = left[i]! - right[i]!;
      return;
    case "*":
      for (let i = 0; i < count; i++) out[i] = left[i]! * right[i]!;
      return;
    case "/":
      for (let i = 0; i < count; i++) out[i] = left[i]! / right[i]!;
      return;
    case "%":
      for (let i = 0; i < count; i++) out[i] = left[i]! % right[i]!;
      return;
    case "^":
      for (let i = 0; i < count; i++) out[i] = power(left[i]!, right[i]!);
      return;
    case "atan2":
      for (let i = 0; i < count; i++) out[i] = Math.atan2(left[i]!, right[i]!);
  }
}

/** C's pow: 1 to any power is 1, and so is -1 to an infinite one, where JavaScript says NaN. Spec BIN-3. */
export function power(base: number, exponent: number): number {
  if (base === 1) return 1;
  if (base === -1 && (exponent === Infinity || exponent === -Infinity)) return 1;
  return base ** exponent;
}

/** `flags[i]` = 1 where the comparison holds, else 0. NaN is only unequal. Source: spec BIN-5. */
export function computeComparison(
  op: ComparisonOp,
  left: Float64Array,
  right: Float64Array,
  flags: Uint8Array,
): void {
  const count = flags.length;
  switch (op) {
    case "==":
      for (let i = 0; i < count; i++) flags[i] = left[i] === right[i] ? 1 : 0;
      return;
    case "!=":
      for (let i = 0; i < count; i++) flags[i] = left[i] !== right[i] ? 1 : 0;
      return;
    case "<":
      for (let i = 0; i < count; i++) flags[i] = left[i]! < right[i]! ? 1 : 0;
      return;
    case "<=":
      for (let i = 0; i < count; i++) flags[i] = left[i]! <= right[i]! ? 1 : 0;
      return;
    case ">":
      for (let i = 0; i < count; i++) flags[i] = left[i]! > right[i]! ? 1 : 0;
      return;
    case ">=":
      for (let i = 0; i < count; i++) flags[i] = left[i]! >= right[i]! ? 1 : 0;
  }
}

/** Both must be there: `out[i]` = 1 where `a[i]` and `b[i]` are, else 0. Only for kinds 0 and 1. */
export function intersectKinds(a: Uint8Array, b: Uint8Array, out: Uint8Array): void {
  for (let i = 0; i < out.length; i++) out[i] = a[i]! & b[i]!;
}
