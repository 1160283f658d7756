import { formatFloatG } from "../../../model/index.ts";
import { PromqlExecutionError } from "../../errors.ts";
import type { Position } from "../../parse/ast.ts";
import { ABSENT, type StepColumn, type VectorStream } from "../columns.ts";
import type { EvalContext } from "../context.ts";
import { createVectorStream, type StreamParts } from "../stream.ts";
import { groupSeries } from "./grouping.ts";
import { hashLabels } from "./label-hash.ts";
import { keptCounts, readForNothing, type Selecting } from "./rank.ts";

/** limitk: the first k elements of each group (AGG-13). */
export function selectFirst(
  param: Float64Array,
  { input, rule, stepCount, context }: Selecting,
): VectorStream {
  const kept = keptCounts(param);
  if (kept === undefined) return readForNothing(input, stepCount);
  const { groupOf, groupCount } = groupSeries(input, rule);
  const taken = new Int32Array(groupCount * stepCount);
  return selection(input, context, (index, column) => {
    const base = groupOf[index]! * stepCount;
    for (let step = 0; step < stepCount; step++) {
      if (column.kinds[step] === ABSENT) continue;
      if (taken[base + step]! >= kept[step]!) column.kinds[step] = ABSENT;
      else taken[base + step]!++;
    }
  });
}

/**
 * limit_ratio: the elements whose label sets' hashes fall into the given part of the hashes' range (AGG-14).
 * @throws PromqlExecutionError for a ratio that is NaN.
 */
export function selectRatio(
  param: Float64Array,
  paramPos: Position,
  { input, stepCount, context }: Selecting,
): VectorStream {
  if (param.every((ratio) => ratio === 0)) return readForNothing(input, stepCount);
  if (param.some(Number.isNaN)) throw new PromqlExecutionError("Ratio value is NaN");
  warnOfCapping(param, paramPos, context);
  const ratios = param.map((ratio) => Math.max(-1, Math.min(1, ratio)));
  return selection(input, context, (index, column) => {
    const offset = Number(hashLabels(input.labels(index))) / 2 ** 64;
    for (let step = 0; step < stepCount; step++) {
      const ratio = ratios[step]!;
      const isKept = ratio >= 0 ? offset < ratio : offset >= 1 + ratio;
      if (!isKept) column.kinds[step] = ABSENT;
    }
  });
}

function warnOfCapping(param: Float64Array, pos: Position, { annotations }: EvalContext): void {
  const warn = (ratio: number, cap: number): void =>
    annotations.warn(
      `ratio value should be between -1 and 1, got ${formatFloatG(ratio)}, capping to ${formatFloatG(cap)}`,
      pos,
    );
  const greatest = param.reduce((a, b) => Math.max(a, b), -Infinity);
  const least = param.reduce((a, b) => Math.min(a, b), Infinity);
  if (greatest > 1) warn(greatest, 1);
  if (least < -1) warn(least, -1);
}

function selection(
  input: VectorStream,
  context: EvalContext,
  restrict: (index: number, column: StepColumn) => void,
): VectorStream {
  const parts: StreamParts = {
    seriesCount: input.seriesCount,
    uniqueWithoutName: input.uniqueWithoutName,
    labels: (index) => input.labels(index),
    labelValue: (index, name) => input.labelValue(index, name),
    dropsName: (index) => input.dropsName(index),
    read(index, into) {
      input.read(index, into);
      restrict(index, into);
    },
    inputs: [input],
  };
  return createVectorStream(context, parts);
}
