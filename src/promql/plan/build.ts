import { unreachable } from "../../base/index.ts";
import { compareText } from "../../model/index.ts";
import { offsetMs, rangeMs, subqueryStepMs } from "../parse/index.ts";
import type { AtModifier, Expr, MatrixSelector, Subquery, VectorSelector } from "../parse/index.ts";
import type { PlanNode, SelectNode } from "./plan.ts";

export interface PlanContext {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number; // 0 in an instant query.
  readonly defaultSubqueryStepMs: number; // For `[5m:]`, SEM-8.
}

// Their result hangs on the evaluation time even when their arguments do not (SEM-11).
const TIME_DEPENDENT: ReadonlySet<string> = new Set([
  "days_in_month",
  "day_of_month",
  "day_of_week",
  "day_of_year",
  "end",
  "hour",
  "minute",
  "month",
  "predict_linear",
  "range",
  "start",
  "step",
  "time",
  "timestamp",
  "year",
]);

// Functions that look at no buckets, and those that do (NH-11).
const STATISTICS_FUNCTIONS: ReadonlySet<string> = new Set([
  "histogram_avg",
  "histogram_count",
  "histogram_sum",
]);
const BUCKET_FUNCTIONS: ReadonlySet<string> = new Set([
  "histogram_fraction",
  "histogram_quantile",
  "histogram_quantiles",
]);

/** What the parts around an expression ask of the histograms in it. */
interface Demand {
  readonly statistics: boolean; // Some part asks for statistics only,
  readonly buckets: boolean; // some other needs the buckets all the same.
}

/** Makes the plan of a type-checked expression. @throws DurationValueError (PQL-29) */
export function buildPlan(expr: Expr, context: PlanContext): PlanNode {
  return build(expr, { ...context, demand: { statistics: false, buckets: false } });
}

interface BuildContext extends PlanContext {
  readonly demand: Demand;
}

function build(expr: Expr, context: BuildContext): PlanNode {
  switch (expr.kind) {
    case "number":
      return { kind: "number", value: expr.value, invariant: true, pos: expr.pos };
    case "string":
      return { kind: "string", value: expr.value, invariant: true, pos: expr.pos };
    case "paren":
      return build(expr.expr, context);
    case "vectorSelector":
      return buildSelect(expr, context);
    case "matrixSelector":
      return buildWindow(expr, context);
    case "subquery":
      return buildSubquery(expr, context);
    case "unary": {
      const operand = build(expr.expr, context);
      return { kind: "unary", op: expr.op, operand, invariant: operand.invariant, pos: expr.pos };
    }
    case "binary": {
      const inner = expr.op === "</" || expr.op === ">/" ? needingBuckets(context) : context;
      const left = build(expr.left, inner);
      const right = build(expr.right, inner);
      const invariant = left.invariant && right.invariant;
      const { op, bool, matching, pos } = expr;
      return { kind: "binary", op, left, right, bool, matching, invariant, pos };
    }
    case "aggregate": {
      const operand = build(expr.expr, context);
      const param = expr.param === undefined ? undefined : build(expr.param, context);
      const grouping = [...new Set(expr.grouping)].toSorted(compareText);
      const invariant = operand.invariant && (param?.invariant ?? true);
      const { op, without, pos } = expr;
      return { kind: "aggregate", op, operand, param, grouping, without, invariant, pos };
    }
    case "call": {
      const inner = insideCall(expr.func, context);
      const args = expr.args.map((arg) => build(arg, inner));
      const invariant = isInvariantCall(expr.func, args);
      return { kind: "call", func: expr.func, args, invariant, pos: expr.pos };
    }
    default:
      return unreachable(expr);
  }
}

function isInvariantCall(func: string, args: readonly PlanNode[]): boolean {
  if (!args.every((arg) => arg.invariant)) return false;
  // timestamp(x @ 1) takes the sample's time; of anything else it takes the step's.
  return func === "timestamp" ? args.every((arg) => arg.kind === "select") : !TIME_DEPENDENT.has(func);
}

function buildSelect(expr: VectorSelector, context: BuildContext): SelectNode {
  const atMs = resolveAt(expr.at, context);
  return {
    kind: "select",
    matchers: expr.matchers,
    offsetMs: offsetMs(expr, context),
    atMs,
    extension: expr.extension,
    onlyStatistics: context.demand.statistics && !context.demand.buckets,
    invariant: atMs !== undefined,
    pos: expr.pos,
  };
}

function buildWindow(expr: MatrixSelector, context: BuildContext): PlanNode {
  const select = buildSelect(expr.vector, context);
  return {
    kind: "window",
    select,
    rangeMs: rangeMs(expr, context),
    invariant: select.invariant,
    pos: expr.pos,
  };
}

function buildSubquery(expr: Subquery, context: BuildContext): PlanNode {
  const atMs = resolveAt(expr.at, context);
  const stepMs = subqueryStepMs(expr, context);
  return {
    kind: "subquery",
    inner: build(expr.expr, needingBuckets(context)),
    rangeMs: rangeMs(expr, context),
    stepMs: stepMs === 0 ? context.defaultSubqueryStepMs : stepMs,
    offsetMs: offsetMs(expr, context),
    atMs,
    invariant: atMs !== undefined,
    pos: expr.pos,
  };
}

function insideCall(func: string, context: BuildContext): BuildContext {
  if (BUCKET_FUNCTIONS.has(func)) return needingBuckets(context);
  return STATISTICS_FUNCTIONS.has(func)
    ? { ...context, demand: { ...context.demand, statistics: true } }
    : context;
}

function needingBuckets(context: BuildContext): BuildContext {
  return { ...context, demand: { ...context.demand, buckets: true } };
}

function resolveAt(at: AtModifier, context: PlanContext): number | undefined {
  if (at === undefined) return undefined;
  if (at.kind === "time") return at.timeMs;
  return at.kind === "start" ? context.startMs : context.endMs;
}
