import type { SetOp, VectorMatching } from "../../parse/ast.ts";
import { materialize, type VectorBatch } from "../batch.ts";
import { ABSENT, createStepColumn, type StepColumn, type VectorStream } from "../columns.ts";
import type { EvalContext } from "../context.ts";
import { ALL_LABELS, LabelGroups } from "../label-groups.ts";
import { addColumn } from "../merge.ts";
import { createVectorStream } from "../stream.ts";
import { matchGroups } from "./matching.ts";

export interface SetOperands {
  readonly left: VectorStream;
  readonly right: VectorStream;
  readonly matching: VectorMatching;
  readonly stepCount: number;
}

/** `and`, `or`, `unless` (BIN-14). */
export function combineSets(op: SetOp, operands: SetOperands, context: EvalContext): VectorStream {
  return op === "or" ? union(operands, context) : restrict(operands, op === "and", context);
}

/** Left elements that have a match on the right, or those that have none. */
function restrict(
  { left, right, matching, stepCount }: SetOperands,
  keepsMatched: boolean,
  context: EvalContext,
): VectorStream {
  const groups = matchGroups(left, right, matching);
  context.memory.take(groups.count * stepCount);
  const present = new Uint8Array(groups.count * stepCount);
  const column = createStepColumn(stepCount);
  for (let index = 0; index < right.seriesCount; index++) {
    right.read(index, column);
    addPresence(present, groups.right[index]! * stepCount, column);
  }
  return createVectorStream(context, {
    seriesCount: left.seriesCount,
    uniqueWithoutName: left.uniqueWithoutName,
    labels: (index) => left.labels(index),
    labelValue: (index, name) => left.labelValue(index, name),
    dropsName: (index) => left.dropsName(index),
    read(index, into) {
      left.read(index, into);
      const base = groups.left[index]! * stepCount;
      for (let step = 0; step < stepCount; step++) {
        if ((present[base + step] !== 0) !== keepsMatched) into.kinds[step] = ABSENT;
      }
    },
    inputs: [left, right],
  });
}

function addPresence(present: Uint8Array, base: number, { kinds }: StepColumn): void {
  for (let step = 0; step < kinds.length; step++) present[base + step]! |= kinds[step]!;
}

/** All left elements, then the right ones whose match group has none on the left. */
function union({ left, right, matching, stepCount }: SetOperands, context: EvalContext): VectorStream {
  const groups = matchGroups(left, right, matching);
  context.memory.take(groups.count * stepCount);
  const leftBatch = materialize(left, stepCount, context.memory);
  const present = new Uint8Array(groups.count * stepCount);
  const column = createStepColumn(stepCount);
  for (let index = 0; index < left.seriesCount; index++) {
    leftBatch.read(index, column);
    addPresence(present, groups.left[index]! * stepCount, column);
  }
  const rightBatch = materialize(right, stepCount, context.memory);
  const { twins, others } = findTwins(leftBatch, rightBatch);
  const readRight = (index: number, into: StepColumn): void => {
    rightBatch.read(index, into);
    const base = groups.right[index]! * stepCount;
    for (let step = 0; step < stepCount; step++) if (present[base + step] !== 0) into.kinds[step] = ABSENT;
  };
  const source = (index: number): { batch: VectorBatch; at: number } =>
    index < left.seriesCount
      ? { batch: leftBatch, at: index }
      : { batch: rightBatch, at: others[index - left.seriesCount]! };
  return createVectorStream(context, {
    seriesCount: left.seriesCount + others.length,
    uniqueWithoutName: false,
    labels: (index) => source(index).batch.labels(source(index).at),
    dropsName: (index) => source(index).batch.dropsName(source(index).at),
    read(index, into) {
      if (index >= left.seriesCount) {
        readRight(others[index - left.seriesCount]!, into);
        return;
      }
      leftBatch.read(index, into);
      const twin = twins.get(index);
      if (twin === undefined) return;
      readRight(twin, column);
      addColumn(column, into);
    },
    inputs: [leftBatch, rightBatch],
  });
}

/** Right series with the label set of a left one, by the left one, and all other right ones. */
function findTwins(
  left: VectorStream,
  right: VectorStream,
): { readonly twins: ReadonlyMap<number, number>; readonly others: readonly number[] } {
  const groups = new LabelGroups(ALL_LABELS);
  const leftOf: number[] = [];
  for (let index = 0; index < left.seriesCount; index++) leftOf[groups.add(left.labels(index))] = index;
  const twins = new Map<number, number>();
  const others: number[] = [];
  for (let index = 0; index < right.seriesCount; index++) {
    const twin = leftOf[groups.add(right.labels(index))];
    if (twin === undefined || twins.has(twin)) others.push(index);
    else twins.set(twin, index);
  }
  return { twins, others };
}
