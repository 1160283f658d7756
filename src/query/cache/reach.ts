import { METRIC_NAME } from "../../model/index.ts";
import { offsetMs, type Expr, type Subquery, type VectorSelector } from "../../promql/parse/index.ts";

export interface ReachContext {
  readonly stepMs: number;
  readonly lookbackMs: number;
}

// What they give at a step hangs on more than what was stored up to then: on the query's bounds, or on series that have
// their points at other steps.
const UNSTEADY: ReadonlySet<string> = new Set([
  "start",
  "end",
  "range",
  "info",
  "label_join",
  "label_replace",
]);

/**
 * How far after a step's own time, in ms, its result may still look at samples; undefined when the result of a step is
 * not the same in every range query that holds the step, so that it cannot be kept.
 *
 * Besides what looks at the query's bounds (`@`, `start()`, `range()`) that is what loses the name of series of several
 * names: equal label sets are an error then, even if they have their points at different steps (SEM-14).
 */
export function reachAfterStep(expr: Expr, context: ReachContext): number | undefined {
  return reachOf(expr, context, false);
}

// `nameless`: what is around it drops names and merges no series.
function reachOf(expr: Expr, context: ReachContext, nameless: boolean): number | undefined {
  switch (expr.kind) {
    case "number":
    case "string":
      return 0;
    case "paren":
      return reachOf(expr.expr, context, nameless);
    case "unary":
      return reachOf(expr.expr, context, true);
    case "vectorSelector":
      return selectorReach(expr, context, nameless);
    case "matrixSelector":
      return usesRange(expr.range) ? undefined : selectorReach(expr.vector, context, nameless);
    case "subquery":
      return subqueryReach(expr, context);
    case "binary":
      return furthest([reachOf(expr.left, context, true), reachOf(expr.right, context, true)]);
    case "aggregate": {
      const keepsName = !expr.without && expr.grouping.includes(METRIC_NAME);
      if (nameless && keepsName) return undefined;
      const param = expr.param === undefined ? 0 : reachOf(expr.param, context, false);
      return furthest([reachOf(expr.expr, context, false), param]);
    }
    case "call":
      if (UNSTEADY.has(expr.func)) return undefined;
      return furthest(expr.args.map((arg) => reachOf(arg, context, true)));
  }
}

function selectorReach(node: VectorSelector, context: ReachContext, nameless: boolean): number | undefined {
  if (nameless && !node.matchers.some(({ kind, name }) => kind === "=" && name === METRIC_NAME)) {
    return undefined;
  }
  const ahead = reachBack(node, context);
  return ahead === undefined || node.extension !== "smoothed" ? ahead : ahead + context.lookbackMs;
}

function subqueryReach(node: Subquery, context: ReachContext): number | undefined {
  if (usesRange(node.range) || usesRange(node.step)) return undefined;
  const ahead = reachBack(node, context);
  const inner = reachOf(node.expr, context, true);
  return ahead === undefined || inner === undefined ? undefined : ahead + inner;
}

// A negative offset looks ahead.
function reachBack(node: VectorSelector | Subquery, { stepMs }: ReachContext): number | undefined {
  if (node.at !== undefined || usesRange(node.offset)) return undefined;
  return Math.max(0, -offsetMs(node, { startMs: 0, endMs: 0, stepMs }));
}

function usesRange(duration: VectorSelector["offset"]): boolean {
  switch (duration?.kind) {
    case undefined:
    case "durationNumber":
    case "durationStep":
      return false;
    case "durationRange":
      return true;
    case "durationUnary":
      return usesRange(duration.operand);
    case "durationParen":
      return usesRange(duration.inner);
    case "durationBinary":
      return usesRange(duration.left) || usesRange(duration.right);
  }
}

function furthest(reaches: readonly (number | undefined)[]): number | undefined {
  let most = 0;
  for (const reach of reaches) {
    if (reach === undefined) return undefined;
    most = Math.max(most, reach);
  }
  return most;
}
