import { HistogramMean, HistogramSum } from "../../../model/index.ts";
import { addToMeans, addToSums } from "./accumulate.kernel.ts";
import { emit, type Accumulator, type AccumulatorShape } from "./accumulators.ts";
import { HistogramGroups } from "./histogram-groups.ts";

/** AGG-1. */
export function sumAccumulator(shape: AccumulatorShape): Accumulator {
  const { groupCount, stepCount } = shape;
  const size = groupCount * stepCount;
  const sums = new Float64Array(size);
  const compensations = new Float64Array(size);
  const seen = new Uint8Array(size);
  const histograms = new HistogramGroups(shape, (first) => new HistogramSum(first));
  return {
    add(column, group, series) {
      addToSums(column.values, column.kinds, sums, compensations, seen, group * stepCount);
      histograms.add(column, group, { series, floatsSeen: seen });
    },
    finish(group, into) {
      const base = group * stepCount;
      emit(into, sums, seen, base);
      for (let step = 0; step < stepCount; step++) into.values[step]! += compensations[base + step]!;
      histograms.finish(group, into);
    },
  };
}

/** AGG-2. */
export function averageAccumulator(shape: AccumulatorShape): Accumulator {
  const { groupCount, stepCount } = shape;
  const size = groupCount * stepCount;
  const sums = new Float64Array(size);
  const compensations = new Float64Array(size);
  const counts = new Float64Array(size);
  const means = new Uint8Array(size);
  const histograms = new HistogramGroups(shape, (first) => new HistogramMean(first));
  return {
    add(column, group, series) {
      const { values, kinds } = column;
      addToMeans(values, kinds, sums, compensations, counts, means, group * stepCount);
      histograms.add(column, group, { series, floatsSeen: counts });
    },
    finish(group, into) {
      const base = group * stepCount;
      emit(into, sums, counts, base);
      for (let step = 0; step < stepCount; step++) {
        const at = base + step;
        const divisor = means[at] === 1 ? 1 : counts[at]!;
        into.values[step] = sums[at]! / divisor + compensations[at]! / divisor;
      }
      histograms.finish(group, into);
    },
  };
}
