import type { Matcher } from "../../model/index.ts";
import type { Aggregator, BinaryOp, Position, VectorMatching } from "../parse/ast.ts";

// A plan is the expression as the executor wants it: durations as ms, `@ start()` and `@ end()` as times,
// parentheses gone, and known for each part whether all steps give the same (SEM-11).

interface NodeBase {
  /** All steps of any evaluation give the same value, so one is enough. */
  readonly invariant: boolean;
  readonly pos: Position;
}

interface NumberNode extends NodeBase {
  readonly kind: "number";
  readonly value: number;
}

interface StringNode extends NodeBase {
  readonly kind: "string";
  readonly value: string;
}

export interface SelectNode extends NodeBase {
  readonly kind: "select";
  readonly matchers: readonly Matcher[];
  readonly offsetMs: number;
  readonly atMs: number | undefined; // The fixed reference time, before the offset.
  readonly extension: "anchored" | "smoothed" | undefined;
  readonly onlyStatistics: boolean; // Of histograms only count and sum are looked at (NH-11).
}

export interface WindowNode extends NodeBase {
  readonly kind: "window";
  readonly select: SelectNode;
  readonly rangeMs: number;
}

export interface SubqueryNode extends NodeBase {
  readonly kind: "subquery";
  readonly inner: PlanNode;
  readonly rangeMs: number;
  readonly stepMs: number;
  readonly offsetMs: number;
  readonly atMs: number | undefined;
}

export interface UnaryNode extends NodeBase {
  readonly kind: "unary";
  readonly op: "+" | "-";
  readonly operand: PlanNode;
}

export interface BinaryNode extends NodeBase {
  readonly kind: "binary";
  readonly op: BinaryOp;
  readonly left: PlanNode;
  readonly right: PlanNode;
  readonly bool: boolean;
  readonly matching: VectorMatching | undefined;
}

export interface AggregateNode extends NodeBase {
  readonly kind: "aggregate";
  readonly op: Aggregator;
  readonly operand: PlanNode;
  readonly param: PlanNode | undefined;
  readonly grouping: readonly string[]; // Ascending, unique.
  readonly without: boolean;
}

export interface CallNode extends NodeBase {
  readonly kind: "call";
  readonly func: string;
  readonly args: readonly PlanNode[];
}

export type PlanNode =
  | NumberNode
  | StringNode
  | SelectNode
  | WindowNode
  | SubqueryNode
  | UnaryNode
  | BinaryNode
  | AggregateNode
  | CallNode;
