import { NarthexError, unreachable } from "../../base/index.ts";
import type { DurationExpr, MatrixSelector, Position, Subquery, VectorSelector } from "./ast.ts";
import { isDurationOutOfRange, literalToMs } from "./number-literal.ts";

/** What `step()` and `range()` stand for; an instant query has `stepMs` 0 and `startMs` = `endMs`. */
export interface DurationContext {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

/** A duration expression without a usable value, found when the query is made (PQL-29). */
export class DurationValueError extends NarthexError {
  override readonly name = "DurationValueError";
  readonly errorType = "bad_data";

  constructor(pos: Position, reason: string) {
    super(`${pos.start}:${pos.end}: ${reason}`);
  }
}

/**
 * Milliseconds of the offset of a selector or subquery, 0 when it has none; may be negative.
 * @throws DurationValueError
 */
export function offsetMs(node: VectorSelector | Subquery, context: DurationContext): number {
  return node.offset === undefined ? 0 : durationMs(node.offset, context, "any");
}

/** Milliseconds of the window of a range selector or subquery. @throws DurationValueError */
export function rangeMs(node: MatrixSelector | Subquery, context: DurationContext): number {
  return durationMs(node.range, context, "positive");
}

/** Milliseconds between a subquery's steps; 0 when it leaves them to the server. @throws DurationValueError */
export function subqueryStepMs(node: Subquery, context: DurationContext): number {
  return node.step === undefined ? 0 : durationMs(node.step, context, "positive");
}

/**
 * Value of a duration expression in whole milliseconds. Literals were checked by the parser; computed values
 * must be finite, fit into 63 bits of nanoseconds and, with `sign` "positive", be greater than 0.
 * Source: Prometheus promql/durations.go; spec PQL-29.
 * @throws DurationValueError
 */
function durationMs(expr: DurationExpr, context: DurationContext, sign: "positive" | "any"): number {
  if (expr.kind === "durationNumber") return literalToMs(expr.seconds);
  const seconds = durationSeconds(expr, context);
  if (!Number.isFinite(seconds)) throw fault(expr, "duration is NaN or infinite");
  if (seconds <= 0 && sign === "positive") throw fault(expr, "duration must be greater than 0");
  if (isDurationOutOfRange(seconds)) throw fault(expr, "duration is out of range");
  return Math.trunc(seconds * 1000) + 0; // Never -0.
}

function fault(expr: DurationExpr, reason: string): DurationValueError {
  return new DurationValueError(expr.pos, reason);
}

function durationSeconds(expr: DurationExpr, context: DurationContext): number {
  switch (expr.kind) {
    case "durationNumber":
      return expr.seconds;
    case "durationStep":
      return context.stepMs / 1000;
    case "durationRange":
      return (context.endMs - context.startMs) / 1000;
    case "durationParen":
      return durationSeconds(expr.inner, context);
    case "durationUnary": {
      const value = durationSeconds(expr.operand, context);
      return expr.op === "-" ? -value : value;
    }
    case "durationBinary":
      return combine(expr, durationSeconds(expr.left, context), durationSeconds(expr.right, context));
    default:
      return unreachable(expr);
  }
}

function combine(
  expr: Extract<DurationExpr, { kind: "durationBinary" }>,
  left: number,
  right: number,
): number {
  switch (expr.op) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      if (right === 0) throw fault(expr, "division by zero");
      return left / right;
    case "%":
      if (right === 0) throw fault(expr, "modulo by zero");
      return left % right;
    case "^":
      return left === 1 ? 1 : left ** right; // C's pow: 1 to any power is 1.
    case "min_of":
      return Math.min(left, right);
    case "max_of":
      return Math.max(left, right);
    default:
      return unreachable(expr.op);
  }
}
