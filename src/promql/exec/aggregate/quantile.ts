import { formatFloatG } from "../../../model/index.ts";
import type { Position } from "../../parse/ast.ts";
import { clearColumn, FLOAT, setFloat } from "../columns.ts";
import type { EvalContext } from "../context.ts";
import { noteIgnored, type Accumulator, type AccumulatorShape } from "./accumulators.ts";
import { bringToPlace, leastOf, moveNaNFirst } from "./order.kernel.ts";

/** ANN-1 for an aggregation's quantiles: for NaN, or for those that are farthest from being probabilities. */
export function warnOfQuantiles(quantiles: Float64Array, pos: Position, context: EvalContext): void {
  const greatest = quantiles.reduce((a, b) => Math.max(a, b), -Infinity);
  const least = quantiles.reduce((a, b) => Math.min(a, b), Infinity);
  if (Number.isNaN(greatest)) warnOfQuantile(greatest, pos, context);
  if (greatest > 1) warnOfQuantile(greatest, pos, context);
  if (least < 0) warnOfQuantile(least, pos, context);
}

/** ANN-1 when the quantile is no probability. */
export function warnOfQuantile(quantile: number, pos: Position, { annotations }: EvalContext): void {
  if (quantile >= 0 && quantile <= 1) return;
  annotations.warn(`quantile value should be between 0 and 1, got ${formatFloatG(quantile)}`, pos);
}

/**
 * The quantile of `values[0, count)`, among which NaN is the least; NaN when it is empty. Rearranges the values.
 * Source: Prometheus promql/quantile.go, quantile; spec AGG-7.
 */
export function quantileOf(quantile: number, values: Float64Array, count: number): number {
  if (count === 0 || Number.isNaN(quantile)) return Number.NaN;
  if (quantile < 0) return -Infinity;
  if (quantile > 1) return Infinity;
  const rank = quantile * (count - 1);
  const lower = Math.max(0, Math.floor(rank));
  const nans = moveNaNFirst(values, count);
  if (lower < nans) return Number.NaN;
  bringToPlace(values, nans, count, lower);
  const below = values[lower]!;
  const above = lower + 1 < count ? leastOf(values, lower + 1, count) : below;
  const weight = rank - Math.floor(rank);
  return below * (1 - weight) + above * weight;
}

/** AGG-7. Keeps all values of all groups until the end. */
export function quantileAccumulator(
  quantiles: Float64Array,
  memberCounts: Int32Array,
  shape: AccumulatorShape,
): Accumulator {
  const { stepCount, groupCount } = shape;
  // Group by group, step by step, as many places as the group has members.
  const starts = new Int32Array(groupCount);
  let size = 0;
  for (let group = 0; group < groupCount; group++) {
    starts[group] = size;
    size += memberCounts[group]! * stepCount;
  }
  shape.context.memory.takePlaces(size, 1);
  const values = new Float64Array(size);
  const counts = new Int32Array(groupCount * stepCount);
  return {
    add(column, group) {
      noteIgnored("quantile", column, shape);
      const members = memberCounts[group]!;
      for (let step = 0; step < stepCount; step++) {
        if (column.kinds[step] !== FLOAT) continue;
        const count = counts[group * stepCount + step]!++;
        values[starts[group]! + step * members + count] = column.values[step]!;
      }
    },
    finish(group, into) {
      clearColumn(into);
      const members = memberCounts[group]!;
      for (let step = 0; step < stepCount; step++) {
        const count = counts[group * stepCount + step]!;
        if (count === 0) continue;
        const first = starts[group]! + step * members;
        const own = values.subarray(first, first + count);
        setFloat(into, step, quantileOf(quantiles[step]!, own, count));
      }
    },
  };
}
