import type { IToken } from "chevrotain";

import {
  compileMatcher,
  formatFloatPlain,
  goQuote,
  METRIC_NAME,
  RegexError,
  type Matcher,
  type MatcherKind,
} from "../../model/index.ts";
import type {
  AggregateExpr,
  Aggregator,
  AtModifier,
  BinaryOp,
  CallExpr,
  DurationExpr,
  Expr,
  MatrixSelector,
  NumberLiteral,
  Position,
  Subquery,
  VectorMatching,
  VectorSelector,
} from "./ast.ts";
import { FUNCTIONS } from "./functions.ts";
import { readDuration, readNumber, secondsToNanos } from "./number-literal.ts";
import type { ParseFeatures } from "./options.ts";
import type { Source } from "./source.ts";
import { unquote } from "./string-literal.ts";
import { DurationToken } from "./tokens.ts";

// Nodes of the tree and the errors that Prometheus finds while it makes them, before any type is looked at.

/** What stands between a binary operator and its right side. */
export interface OperatorModifiers {
  readonly bool: boolean;
  readonly matching: VectorMatching;
}

/** A binary operator as read. */
export interface OperatorUse {
  readonly token: IToken;
  readonly modifiers: OperatorModifiers;
}

export const NO_MODIFIERS: OperatorModifiers = {
  bool: false,
  matching: {
    cardinality: "one-to-one",
    on: false,
    labels: [],
    include: [],
    fillLeft: undefined,
    fillRight: undefined,
  },
};

const AT_SECONDS_LIMIT = 2 ** 63; // Prometheus limits the seconds, not the milliseconds made of them.
// Further off than any sample; leaves room for offsets within the safe integers.
const AT_MS_LIMIT = 8.9e15;
const PARAMETER_AGGREGATORS = new Set([
  "topk",
  "bottomk",
  "count_values",
  "quantile",
  "limitk",
  "limit_ratio",
]);
const EXPERIMENTAL_AGGREGATORS = new Set(["limitk", "limit_ratio"]);

/** Whether the aggregator takes a parameter before its expression (PTY-5). */
function takesParameter(op: Aggregator): boolean {
  return PARAMETER_AGGREGATORS.has(op);
}

export function join(first: Position, last: Position): Position {
  return { start: first.start, end: last.end };
}

export function numberLiteral(source: Source, token: IToken): NumberLiteral {
  const isDuration = token.tokenType === DurationToken;
  const read = isDuration ? readDuration(token.image) : readNumber(token.image);
  const pos = source.span(token);
  if ("error" in read) throw source.error(pos, read.error);
  return { kind: "number", value: read.value, isDuration, pos };
}

/** A sign before a number becomes part of it, so that `-0` is negative zero (PQL-21). */
export function unaryExpr(source: Source, token: IToken, operand: Expr): Expr {
  const pos = join(source.span(token), operand.pos);
  const op = token.image as "+" | "-";
  if (operand.kind !== "number") return { kind: "unary", op, expr: operand, pos };
  return { ...operand, value: op === "-" ? -operand.value : operand.value, pos };
}

export function binaryExpr(
  source: Source,
  features: ParseFeatures,
  use: OperatorUse,
  left: Expr,
  right: Expr,
): Expr {
  const { bool, matching } = use.modifiers;
  const pos = join(left.pos, right.pos);
  const isFilled = matching.fillLeft !== undefined || matching.fillRight !== undefined;
  if (isFilled && features.binopFillModifiers !== true) {
    throw source.error(pos, "binop fill modifiers are experimental and not enabled");
  }
  const op = use.token.image.toLowerCase() as BinaryOp;
  return { kind: "binary", op, left, right, bool, matching, opPos: source.span(use.token), pos };
}

/** A label matcher; `name` is the label as written, `label` what it stands for. */
export function matcher(source: Source, name: IToken, label: string, op: IToken, value: IToken): Matcher {
  const made: Matcher = { kind: op.image as MatcherKind, name: label, value: unquote(value.image) };
  if (made.kind === "=~" || made.kind === "!~") {
    try {
      compileMatcher(made);
    } catch (thrown) {
      if (thrown instanceof RegexError) throw source.error(source.span(name, value), thrown.message);
      throw thrown;
    }
  }
  return made;
}

export function nameMatcher(value: string): Matcher {
  return { kind: "=", name: METRIC_NAME, value };
}

export function vectorSelector(name: string, matchers: readonly Matcher[], pos: Position): VectorSelector {
  const all = name === "" ? matchers : [...matchers, nameMatcher(name)];
  return {
    kind: "vectorSelector",
    name,
    matchers: all,
    offset: undefined,
    at: undefined,
    extension: undefined,
    pos,
  };
}

export function callExpr(
  source: Source,
  features: ParseFeatures,
  name: IToken,
  args: readonly Expr[],
  end: IToken,
): CallExpr {
  const signature = FUNCTIONS.get(name.image);
  const namePos = source.span(name);
  if (signature === undefined) {
    throw source.error(namePos, `unknown function with name ${goQuote(name.image)}`);
  }
  if (signature.experimental && features.experimentalFunctions !== true) {
    throw source.error(namePos, `function ${goQuote(name.image)} is not enabled`);
  }
  return { kind: "call", func: name.image, args, pos: source.span(name, end) };
}

/** `by (…)` or `without (…)`. */
export interface Grouping {
  readonly labels: readonly string[];
  readonly without: boolean;
}

/** The pieces of an aggregation as read. */
export interface AggregateParts {
  readonly op: Aggregator;
  readonly args: readonly Expr[];
  readonly grouping: Grouping | undefined;
  readonly pos: Position;
}

export function aggregateExpr(source: Source, features: ParseFeatures, parts: AggregateParts): AggregateExpr {
  const { op, args, grouping, pos } = parts;
  if (args.length === 0) throw source.error(pos, "no arguments for aggregate expression provided");
  if (EXPERIMENTAL_AGGREGATORS.has(op) && features.experimentalFunctions !== true) {
    const flag = "--enable-feature=promql-experimental-functions";
    throw source.error(pos, `${op}() is experimental and must be enabled with ${flag}`);
  }
  const wanted = takesParameter(op) ? 2 : 1;
  if (args.length !== wanted) {
    const counts = `expected ${wanted}, got ${args.length}`;
    throw source.error(pos, `wrong number of arguments for aggregate expression provided, ${counts}`);
  }
  return {
    kind: "aggregate",
    op,
    expr: args[wanted - 1]!,
    param: wanted === 2 ? args[0] : undefined,
    grouping: grouping?.labels ?? [],
    without: grouping?.without ?? false,
    pos,
  };
}

export function matrixSelector(
  source: Source,
  expr: Expr,
  range: DurationExpr,
  brackets: Position,
): MatrixSelector {
  if (expr.kind !== "vectorSelector")
    throw source.error(brackets, "ranges only allowed for vector selectors");
  if (hasOffset(expr)) throw source.error(brackets, "no offset modifiers allowed before range");
  if (expr.at !== undefined) throw source.error(brackets, "no @ modifiers allowed before range");
  return { kind: "matrixSelector", vector: expr, range, pos: join(expr.pos, brackets) };
}

export function subquery(
  expr: Expr,
  range: DurationExpr,
  step: DurationExpr | undefined,
  close: Position,
): Subquery {
  return {
    kind: "subquery",
    expr,
    range,
    step,
    offset: undefined,
    at: undefined,
    pos: join(expr.pos, close),
  };
}

// An offset of 0 counts as none, in Prometheus too.
function hasOffset(node: VectorSelector | Subquery): boolean {
  const { offset } = node;
  return offset !== undefined && !(offset.kind === "durationNumber" && secondsToNanos(offset.seconds) === 0);
}

export function withOffset(source: Source, expr: Expr, offset: DurationExpr, end: IToken): Expr {
  const holder = modifierHolder(expr);
  if (holder === undefined) throw misplaced(source, expr, "offset");
  if (hasOffset(holder)) throw source.error(expr.pos, "offset may not be set multiple times");
  return withModifier(expr, { offset }, source.span(end).end);
}

export function withAt(source: Source, expr: Expr, at: AtModifier, end: IToken): Expr {
  const holder = modifierHolder(expr);
  if (holder === undefined) throw misplaced(source, expr, "@");
  if (holder.at !== undefined) throw source.error(expr.pos, "@ <timestamp> may not be set multiple times");
  return withModifier(expr, { at }, source.span(end).end);
}

/** `@` with a number of seconds: whole milliseconds, halves away from zero (PQL-25). */
export function atTime(source: Source, expr: Expr, seconds: number): AtModifier {
  if (!(seconds < AT_SECONDS_LIMIT && seconds > -AT_SECONDS_LIMIT)) {
    const shown = Number.isFinite(seconds) ? `${BigInt(seconds)}.000000` : formatFloatPlain(seconds);
    throw source.error(expr.pos, `timestamp out of bounds for @ modifier: ${shown}`);
  }
  const magnitude = Math.min(Math.round(Math.abs(seconds) * 1000), AT_MS_LIMIT);
  return { kind: "time", timeMs: seconds < 0 ? 0 - magnitude : magnitude };
}

function modifierHolder(expr: Expr): VectorSelector | Subquery | undefined {
  if (expr.kind === "matrixSelector") return expr.vector;
  return expr.kind === "vectorSelector" || expr.kind === "subquery" ? expr : undefined;
}

function withModifier(
  expr: Expr,
  change: { readonly offset?: DurationExpr; readonly at?: AtModifier },
  end: number,
): Expr {
  const pos = { start: expr.pos.start, end };
  if (expr.kind === "matrixSelector") return { ...expr, vector: { ...expr.vector, ...change }, pos };
  return { ...expr, ...change, pos };
}

function misplaced(source: Source, expr: Expr, modifier: string): Error {
  const holders = "an instant vector selector or range vector selector or a subquery";
  return source.error(expr.pos, `${modifier} modifier must be preceded by ${holders}`);
}

export function withExtension(source: Source, features: ParseFeatures, expr: Expr, word: IToken): Expr {
  const extension = word.image.toLowerCase() as "anchored" | "smoothed";
  if (features.extendedRangeSelectors !== true) {
    throw source.error(expr.pos, `${extension} modifier is experimental and not enabled`);
  }
  if (expr.kind === "subquery") {
    throw source.error(expr.pos, `${extension} modifier is not supported for subqueries`);
  }
  const vector = modifierHolder(expr) as VectorSelector | undefined;
  if (vector === undefined) throw source.error(expr.pos, `${extension} modifier not implemented`);
  if (vector.extension !== undefined && vector.extension !== extension) {
    throw source.error(expr.pos, "anchored and smoothed modifiers cannot be used together");
  }
  if (expr.kind === "matrixSelector") return { ...expr, vector: { ...vector, extension } };
  return { ...vector, extension };
}
