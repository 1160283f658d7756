import { assert } from "../../../base/index.ts";
import type { BinaryNode } from "../../plan/plan.ts";
import type { EvaluatedValue } from "../columns.ts";
import type { EvalContext } from "../context.ts";
import type { Evaluate } from "../evaluation.ts";
import type { StepGrid } from "../grid.ts";
import { combineScalars, combineWithScalar } from "./scalar-operand.ts";
import { combineSets } from "./sets.ts";
import type { MatchedNode } from "./pairing.ts";
import { combineVectors } from "./vectors.ts";

/** Evaluates a binary operator. Source: spec §7. */
export function evaluateBinary(
  node: BinaryNode,
  grid: StepGrid,
  context: EvalContext,
  evaluate: Evaluate,
): EvaluatedValue {
  const left = evaluate(node.left, grid, context);
  const right = evaluate(node.right, grid, context);
  if (left.kind === "scalar" && right.kind === "scalar")
    return combineScalars(node, left.values, right.values);
  if (right.kind === "scalar") {
    assert(left.kind === "vector", "an instant vector");
    return combineWithScalar(node, { input: left, scalar: right.values, scalarSide: "right" }, grid, context);
  }
  assert(right.kind === "vector", "an instant vector");
  if (left.kind === "scalar") {
    return combineWithScalar(node, { input: right, scalar: left.values, scalarSide: "left" }, grid, context);
  }
  assert(left.kind === "vector" && node.matching !== undefined, "two instant vectors");
  const { op, matching } = node;
  if (op === "and" || op === "or" || op === "unless") {
    return combineSets(op, { left, right, matching, stepCount: grid.count }, context);
  }
  const matched: MatchedNode = { ...node, matching };
  return combineVectors(matched, { left, right }, grid, context);
}
