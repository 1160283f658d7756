import type { Matcher } from "../../model/index.ts";

/** Half-open range of byte offsets (UTF-8) into the query text. */
export interface Position {
  readonly start: number;
  readonly end: number;
}

export type ValueType = "scalar" | "string" | "vector" | "matrix" | "none";

/** Arithmetic on durations inside `[…]` and after `offset` (PQL-28). Values are seconds. */
export type DurationExpr =
  | {
      readonly kind: "durationNumber";
      readonly seconds: number;
      readonly isDuration: boolean;
      readonly pos: Position;
    }
  | { readonly kind: "durationStep"; readonly pos: Position } // step()
  | { readonly kind: "durationRange"; readonly pos: Position } // range()
  | {
      readonly kind: "durationUnary";
      readonly op: "+" | "-";
      readonly operand: DurationExpr;
      readonly pos: Position;
    }
  | {
      readonly kind: "durationBinary";
      readonly op: "+" | "-" | "*" | "/" | "%" | "^" | "min_of" | "max_of";
      readonly left: DurationExpr;
      readonly right: DurationExpr;
      readonly pos: Position;
    }
  | { readonly kind: "durationParen"; readonly inner: DurationExpr; readonly pos: Position };

/** What `@` was given: a fixed time in ms, the query's start or end, or nothing. */
export type AtModifier =
  | { readonly kind: "time"; readonly timeMs: number }
  | { readonly kind: "start" }
  | { readonly kind: "end" }
  | undefined;

export interface NumberLiteral {
  readonly kind: "number";
  readonly value: number;
  readonly isDuration: boolean; // Written as a duration (`5m`); the printer keeps the form (PQL-13).
  readonly pos: Position;
}

export interface StringLiteral {
  readonly kind: "string";
  readonly value: string;
  readonly pos: Position;
}

export interface VectorSelector {
  readonly kind: "vectorSelector";
  readonly name: string; // "" when the metric name was not written outside braces.
  readonly matchers: readonly Matcher[]; // Includes the one that `name` stands for, last.
  readonly offset: DurationExpr | undefined;
  readonly at: AtModifier;
  readonly extension: "anchored" | "smoothed" | undefined;
  readonly pos: Position;
}

export interface MatrixSelector {
  readonly kind: "matrixSelector";
  readonly vector: VectorSelector; // Offset, @ and extension live here.
  readonly range: DurationExpr;
  readonly pos: Position;
}

export interface Subquery {
  readonly kind: "subquery";
  readonly expr: Expr;
  readonly range: DurationExpr;
  readonly step: DurationExpr | undefined; // Undefined: the global evaluation interval.
  readonly offset: DurationExpr | undefined;
  readonly at: AtModifier;
  readonly pos: Position;
}

export interface ParenExpr {
  readonly kind: "paren";
  readonly expr: Expr;
  readonly pos: Position;
}

export interface UnaryExpr {
  readonly kind: "unary";
  readonly op: "+" | "-";
  readonly expr: Expr;
  readonly pos: Position;
}

export type ArithmeticOp = "+" | "-" | "*" | "/" | "%" | "^" | "atan2";
export type ComparisonOp = "==" | "!=" | "<=" | "<" | ">=" | ">";
export type TrimOp = "</" | ">/";
export type SetOp = "and" | "or" | "unless";
export type BinaryOp = ArithmeticOp | ComparisonOp | TrimOp | SetOp;

/** How the two vectors of a binary operator are matched. */
export interface VectorMatching {
  readonly cardinality: "one-to-one" | "many-to-one" | "one-to-many" | "many-to-many";
  readonly on: boolean; // Labels are those to match on; else those to ignore.
  readonly labels: readonly string[];
  readonly include: readonly string[]; // Labels that group_left/group_right copies.
  readonly fillLeft: number | undefined;
  readonly fillRight: number | undefined;
}

export interface BinaryExpr {
  readonly kind: "binary";
  readonly op: BinaryOp;
  readonly left: Expr;
  readonly right: Expr;
  readonly bool: boolean;
  readonly matching: VectorMatching | undefined; // Set exactly when both sides are vectors.
  readonly opPos: Position; // Of the operator itself.
  readonly pos: Position;
}

export const AGGREGATORS = [
  "sum",
  "avg",
  "count",
  "min",
  "max",
  "group",
  "stddev",
  "stdvar",
  "topk",
  "bottomk",
  "count_values",
  "quantile",
  "limitk",
  "limit_ratio",
] as const;
export type Aggregator = (typeof AGGREGATORS)[number];

export interface AggregateExpr {
  readonly kind: "aggregate";
  readonly op: Aggregator;
  readonly expr: Expr;
  readonly param: Expr | undefined;
  readonly grouping: readonly string[];
  readonly without: boolean;
  readonly pos: Position;
}

export interface CallExpr {
  readonly kind: "call";
  readonly func: string; // A name in FUNCTIONS.
  readonly args: readonly Expr[];
  readonly pos: Position;
}

/** A parsed, type-checked PromQL expression. */
export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | ParenExpr
  | UnaryExpr
  | BinaryExpr
  | AggregateExpr
  | CallExpr;
