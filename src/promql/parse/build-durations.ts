import type { IToken } from "chevrotain";

import type { DurationExpr, Position } from "./ast.ts";
import { join, numberLiteral } from "./build.ts";
import { isDurationOutOfRange } from "./number-literal.ts";
import type { Source } from "./source.ts";

/** A literal as a duration; more than 63 bits of nanoseconds are an error at `blamed`. */
export function durationLiteral(source: Source, token: IToken, blamed: IToken): DurationExpr {
  const { value: seconds, isDuration, pos } = numberLiteral(source, token);
  if (isDurationOutOfRange(seconds)) throw source.error(source.span(blamed), "duration out of range");
  return { kind: "durationNumber", seconds, isDuration, pos };
}

/** Signs in duration expressions: a plus changes nothing, a number takes the sign in. */
export function unaryDuration(source: Source, token: IToken, operand: DurationExpr): DurationExpr {
  const pos = join(source.span(token), operand.pos);
  const isMinus = token.image === "-";
  if (operand.kind !== "durationNumber") {
    return isMinus ? { kind: "durationUnary", op: "-", operand, pos } : operand;
  }
  return { ...operand, seconds: isMinus ? -operand.seconds : operand.seconds, pos };
}

export function binaryDuration(
  source: Source,
  token: IToken,
  left: DurationExpr,
  right: DurationExpr,
): DurationExpr {
  const op = token.image as "+" | "-" | "*" | "/" | "%" | "^";
  if ((op === "/" || op === "%") && right.kind === "durationNumber" && right.seconds === 0) {
    throw source.error(source.span(token), op === "/" ? "division by zero" : "modulo by zero");
  }
  return { kind: "durationBinary", op, left, right, pos: join(left.pos, right.pos) };
}

/** Windows and steps written as a number must be positive (PER-31); computed ones are looked at later. */
export function requirePositive(source: Source, duration: DurationExpr): DurationExpr {
  if (duration.kind === "durationNumber" && duration.seconds <= 0) {
    throw source.error(duration.pos, "duration must be greater than 0");
  }
  return duration;
}

/** `min_of` and `max_of`. The position covers the arguments, as in Prometheus's messages. */
export function pickDuration(word: IToken, left: DurationExpr, right: DurationExpr): DurationExpr {
  const op = word.image.toLowerCase() as "min_of" | "max_of";
  return { kind: "durationBinary", op, left, right, pos: join(left.pos, right.pos) };
}

/** Parens count for positions only around a literal, as in Prometheus. */
export function durationParen(inner: DurationExpr, parens: Position): DurationExpr {
  if (inner.kind === "durationParen") return inner; // More parens change nothing.
  const pos = inner.kind === "durationNumber" ? parens : inner.pos;
  return { kind: "durationParen", inner, pos };
}
