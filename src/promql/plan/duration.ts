import { unreachable } from "../../base/index.ts";
import { PromqlExecutionError } from "../errors.ts";
import type { DurationExpr } from "../parse/ast.ts";

/** What `range()` and `step()` inside a duration stand for. */
export interface DurationContext {
  readonly rangeMs: number; // End minus start of the query.
  readonly stepMs: number; // 0 in an instant query.
}

const MAX_SECONDS = 2 ** 63 / 1e9;

/**
 * A duration in whole ms.
 * @throws PromqlExecutionError when it is not finite, too large, divides by zero or, unless `mayBeNegative`,
 * is not positive. Source: Prometheus promql/durations.go; spec PQL-13, PQL-14, PQL-29.
 */
export function durationMs(expr: DurationExpr, context: DurationContext, mayBeNegative: boolean): number {
  const seconds = evaluate(expr, context);
  if (!Number.isFinite(seconds)) throw failure(expr, "duration is NaN or infinite");
  if (seconds <= 0 && !mayBeNegative) throw failure(expr, "duration must be greater than 0");
  if (Math.abs(seconds) > MAX_SECONDS) throw failure(expr, "duration is out of range");
  // A literal is rounded to the nanosecond first, so that 1.001 is 1001 ms although 1.001 * 1000 is less.
  const ms = expr.kind === "durationNumber" ? Math.round(seconds * 1e9) / 1e6 : seconds * 1000;
  return Math.trunc(ms) + 0; // No negative zero.
}

function evaluate(expr: DurationExpr, context: DurationContext): number {
  switch (expr.kind) {
    case "durationNumber":
      return expr.seconds;
    case "durationStep":
      return context.stepMs / 1000;
    case "durationRange":
      return context.rangeMs / 1000;
    case "durationParen":
      return evaluate(expr.inner, context);
    case "durationUnary": {
      const operand = evaluate(expr.operand, context);
      return expr.op === "-" ? -operand : operand;
    }
    case "durationBinary":
      return combine(expr, evaluate(expr.left, context), evaluate(expr.right, context));
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
      if (right === 0) throw failure(expr, "division by zero");
      return left / right;
    case "%":
      if (right === 0) throw failure(expr, "modulo by zero");
      return left % right;
    case "^":
      return left ** right;
    case "min_of":
      return Math.min(left, right);
    case "max_of":
      return Math.max(left, right);
    default:
      return unreachable(expr.op);
  }
}

function failure(expr: DurationExpr, text: string): PromqlExecutionError {
  return new PromqlExecutionError(`${expr.pos.start}:${expr.pos.end}: ${text}`);
}
