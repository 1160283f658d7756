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

/** Makes the plan of a type-checked expression. @throws DurationValueError (PQL-29) */
export function buildPlan(expr: Expr, context: PlanContext): PlanNode {
  switch (expr.kind) {
    case "number":
      return { kind: "number", value: expr.value, invariant: true, pos: expr.pos };
    case "string":
      return { kind: "string", value: expr.value, invariant: true, pos: expr.pos };
    case "paren":
      return buildPlan(expr.expr, context);
    case "vectorSelector":
      return buildSelect(expr, context);
    case "matrixSelector":
      return buildWindow(expr, context);
    case "subquery":
      return buildSubquery(expr, context);
    case "unary": {
      const operand = buildPlan(expr.expr, context);
      return { kind: "unary", op: expr.op, operand, invariant: operand.invariant, pos: expr.pos };
    }
    case "binary": {
      const left = buildPlan(expr.left, context);
      const right = buildPlan(expr.right, context);
      const invariant = left.invariant && right.invariant;
      const { op, bool, matching, pos } = expr;
      return { kind: "binary", op, left, right, bool, matching, invariant, pos };
    }
    case "aggregate": {
      const operand = buildPlan(expr.expr, context);
      const param = expr.param === undefined ? undefined : buildPlan(expr.param, context);
      const grouping = [...new Set(expr.grouping)].toSorted(compareText);
      const invariant = operand.invariant && (param?.invariant ?? true);
      const { op, without, pos } = expr;
      return { kind: "aggregate", op, operand, param, grouping, without, invariant, pos };
    }
    case "call": {
      const args = expr.args.map((arg) => buildPlan(arg, context));
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

function buildSelect(expr: VectorSelector, context: PlanContext): SelectNode {
  const atMs = resolveAt(expr.at, context);
  return {
    kind: "select",
    matchers: expr.matchers,
    offsetMs: offsetMs(expr, context),
    atMs,
    extension: expr.extension,
    invariant: atMs !== undefined,
    pos: expr.pos,
  };
}

function buildWindow(expr: MatrixSelector, context: PlanContext): PlanNode {
  const select = buildSelect(expr.vector, context);
  return {
    kind: "window",
    select,
    rangeMs: rangeMs(expr, context),
    invariant: select.invariant,
    pos: expr.pos,
  };
}

function buildSubquery(expr: Subquery, context: PlanContext): PlanNode {
  const atMs = resolveAt(expr.at, context);
  const stepMs = subqueryStepMs(expr, context);
  return {
    kind: "subquery",
    inner: buildPlan(expr.expr, context),
    rangeMs: rangeMs(expr, context),
    stepMs: stepMs === 0 ? context.defaultSubqueryStepMs : stepMs,
    offsetMs: offsetMs(expr, context),
    atMs,
    invariant: atMs !== undefined,
    pos: expr.pos,
  };
}

function resolveAt(at: AtModifier, context: PlanContext): number | undefined {
  if (at === undefined) return undefined;
  if (at.kind === "time") return at.timeMs;
  return at.kind === "start" ? context.startMs : context.endMs;
}
