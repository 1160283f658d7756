import { assert, unreachable } from "../../base/index.ts";
import type { PlanNode, UnaryNode } from "../plan/plan.ts";
import { evaluateAggregate } from "./aggregate/aggregate.ts";
import { evaluateBinary } from "./binary/binary.ts";
import { evaluateCall } from "./call.ts";
import { createStepColumn, type EvaluatedValue } from "./columns.ts";
import type { EvalContext } from "./context.ts";
import { singleStep, type StepGrid } from "./grid.ts";
import { evaluateSelect, evaluateWindow } from "./select.ts";
import { evaluateSmoothed } from "./smoothed-select.ts";
import { SampleCounts } from "./statistics.ts";
import { broadcast, emptyStream } from "./stream.ts";
import { evaluateSubquery } from "./subquery.ts";
import { negate } from "./unary.ts";

/**
 * The value of `node` at all steps. Vectors and range vectors are computed while they are read.
 * @throws PromqlExecutionError, PromqlTimeoutError, PromqlCanceledError; also while the value is read.
 */
export function evaluateNode(node: PlanNode, grid: StepGrid, context: EvalContext): EvaluatedValue {
  context.guard.check(0);
  if (grid.count === 0 && node.kind !== "string") return emptyStream();
  const { profile } = context;
  if (profile === undefined) return evaluateHoisted(node, grid, context);
  return profile.evaluate(node, () => evaluateHoisted(node, grid, context));
}

function evaluateHoisted(node: PlanNode, grid: StepGrid, context: EvalContext): EvaluatedValue {
  const isHoisted = node.invariant && grid.count > 1 && mayBeHoisted(node);
  return isHoisted ? evaluateOnce(node, grid, context) : evaluateKind(node, grid, context);
}

// Literals are as fast as it gets, and range vectors give each step its window anyway.
function mayBeHoisted({ kind }: PlanNode): boolean {
  return kind !== "number" && kind !== "string" && kind !== "window" && kind !== "subquery";
}

function evaluateOnce(node: PlanNode, grid: StepGrid, context: EvalContext): EvaluatedValue {
  const counts = new SampleCounts(undefined);
  const value = evaluateKind(node, singleStep(grid.startMs), { ...context, counts });
  switch (value.kind) {
    case "vector":
      return broadcast(value, grid, {
        context,
        single: createStepColumn(1),
        finished: () => addOnceCounts(counts, grid, context),
      });
    case "scalar":
      addOnceCounts(counts, grid, context);
      return { kind: "scalar", values: new Float64Array(grid.count).fill(value.values[0]!) };
    default:
      return value;
  }
}

function addOnceCounts(once: SampleCounts, grid: StepGrid, { counts }: EvalContext): void {
  counts.addAtEveryStep(once.total, grid.count);
  counts.samplesRead += once.samplesRead;
}

function evaluateKind(node: PlanNode, grid: StepGrid, context: EvalContext): EvaluatedValue {
  switch (node.kind) {
    case "number":
      return { kind: "scalar", values: new Float64Array(grid.count).fill(node.value) };
    case "string":
      return { kind: "string", value: node.value };
    case "select":
      return node.extension === "smoothed"
        ? evaluateSmoothed(node, grid, context)
        : evaluateSelect(node, grid, context);
    case "window":
      return evaluateWindow(node, grid, context);
    case "subquery":
      return evaluateSubquery(node, grid, context, evaluateNode);
    case "unary":
      return evaluateUnary(node, grid, context);
    case "call":
      return evaluateCall(node, grid, context, evaluateNode);
    case "aggregate":
      return evaluateAggregate(node, grid, context, evaluateNode);
    case "binary":
      return evaluateBinary(node, grid, context, evaluateNode);
    default:
      return unreachable(node);
  }
}

function evaluateUnary(node: UnaryNode, grid: StepGrid, context: EvalContext): EvaluatedValue {
  const operand = evaluateNode(node.operand, grid, context);
  if (node.op === "+") return operand;
  if (operand.kind === "scalar") return { kind: "scalar", values: operand.values.map((value) => -value) };
  assert(operand.kind === "vector", "a scalar or an instant vector");
  return negate(operand, grid, context);
}
