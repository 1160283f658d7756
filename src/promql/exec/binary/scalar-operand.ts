import type { BinaryNode } from "../../plan/plan.ts";
import { createStepColumn, FLOAT, type ScalarValue, type StepColumn, type VectorStream } from "../columns.ts";
import type { EvalContext } from "../context.ts";
import type { StepGrid } from "../grid.ts";
import { mergeEqualSeries } from "../merge.ts";
import { createVectorStream, resultNaming } from "../stream.ts";
import { createCombine, dropsMetricName, isArithmetic, isComparison } from "./combine.ts";
import { computeArithmetic, computeComparison } from "./operators.kernel.ts";

/** Two scalars; comparisons give 0 or 1 (BIN-6). */
export function combineScalars(node: BinaryNode, left: Float64Array, right: Float64Array): ScalarValue {
  const values = new Float64Array(left.length);
  if (isArithmetic(node.op)) {
    computeArithmetic(node.op, left, right, values);
  } else if (isComparison(node.op)) {
    const flags = new Uint8Array(left.length);
    computeComparison(node.op, left, right, flags);
    values.set(flags);
  }
  return { kind: "scalar", values };
}

interface ScalarOperand {
  readonly input: VectorStream;
  readonly scalar: Float64Array;
  readonly scalarSide: "left" | "right";
}

/** A vector and a scalar. */
export function combineWithScalar(
  node: BinaryNode,
  { input, scalar, scalarSide }: ScalarOperand,
  grid: StepGrid,
  context: EvalContext,
): VectorStream {
  const scalarColumn: StepColumn = { ...createStepColumn(grid.count), values: scalar };
  scalarColumn.kinds.fill(FLOAT);
  const operand = createStepColumn(grid.count);
  const combine = createCombine(node, grid.count, context, scalarSide === "left" ? "right" : "left");
  const dropsName = dropsMetricName(node);
  const stream = createVectorStream(context, {
    seriesCount: input.seriesCount,
    uniqueWithoutName: input.uniqueWithoutName,
    ...resultNaming(input, context, !dropsName),
    read(index, into) {
      input.read(index, operand);
      if (scalarSide === "left") combine(scalarColumn, operand, into);
      else combine(operand, scalarColumn, into);
    },
    inputs: [input],
  });
  const mayCollide = dropsName && !context.features.delayedNameRemoval;
  return mayCollide ? mergeEqualSeries(stream, grid, context) : stream;
}
