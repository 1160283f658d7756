import { histogramVariance, type Histogram } from "../../model/index.ts";
import type { ElementwiseFunction, FunctionTable } from "./registry.ts";

/** Numbers that a native histogram holds (FN-35, FN-36); floats are dropped. */
export const nativeHistogramFunctions: FunctionTable = {
  histogram_count: of(({ count }) => count),
  histogram_sum: of(({ sum }) => sum),
  histogram_avg: of(({ sum, count }) => sum / count),
  histogram_stdvar: of(histogramVariance),
  histogram_stddev: of((histogram) => Math.sqrt(histogramVariance(histogram))),
};

function of(number: (histogram: Histogram) => number): ElementwiseFunction {
  return { kind: "elementwise", floats: undefined, histogram: (histogram) => number(histogram) };
}
