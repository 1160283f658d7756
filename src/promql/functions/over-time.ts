import { HistogramMean, HistogramSum, type Histogram } from "../../model/index.ts";
import { quantileOf, warnOfQuantile } from "../exec/aggregate/quantile.ts";
import { setFloat, type StepColumn } from "../exec/columns.ts";
import type { RangeInput } from "../exec/windows.ts";
import {
  averageOverTime,
  countOverTime,
  maxOverTime,
  minOverTime,
  sumOverTime,
  timeOfExtreme,
  varianceOverTime,
} from "./over-time.kernel.ts";
import type { FunctionTable, MixedWindow, RangeCall, RangeEvaluator, RangeFunction } from "./registry.ts";

/** Aggregations over the window of each series (FN-26 to FN-34). */
export const overTimeFunctions: FunctionTable = {
  sum_over_time: range((call) => withHistograms(call, "sum", sumOverTime)),
  avg_over_time: range((call) => withHistograms(call, "avg", averageOverTime)),
  min_over_time: range(() => extremeValue(minOverTime)),
  max_over_time: range(() => extremeValue(maxOverTime)),
  count_over_time: range(() => ({
    floats: ({ windows: { from, to } }, { values, kinds }) => countOverTime(from, to, values, kinds),
    mixed: (window) => window.floatTo - window.floatFrom + window.histogramTo - window.histogramFrom,
  })),
  present_over_time: range(() => ({
    floats({ windows: { from, to } }, out) {
      countOverTime(from, to, out.values, out.kinds);
      out.values.fill(1);
    },
    mixed: () => 1,
  })),
  stdvar_over_time: floatsOnly(varianceOverTime),
  stddev_over_time: range(() => ({
    floats({ values, windows: { from, to } }, out) {
      varianceOverTime(values, from, to, out.values, out.kinds);
      for (let step = 0; step < out.values.length; step++) out.values[step] = Math.sqrt(out.values[step]!);
    },
  })),
  quantile_over_time: range(quantileOverTime),
  mad_over_time: range((call) => eachWindow(call, medianDeviation)),
  ts_of_min_over_time: range(() => extremeTime(-1)),
  ts_of_max_over_time: range(() => extremeTime(1)),
  ts_of_last_over_time: range(() => ({
    floats: ({ times, windows }, out) => edgeTimes(times, windows.from, windows.to, { out, last: true }),
    mixed: (window) =>
      Math.max(floatEdge(window, true), window.histogramTimes[window.histogramTo - 1]!) / 1000,
  })),
  ts_of_first_over_time: range(() => ({
    floats: ({ times, windows }, out) => edgeTimes(times, windows.from, windows.to, { out, last: false }),
    mixed: (window) =>
      Math.min(floatEdge(window, false), window.histogramTimes[window.histogramFrom]!) / 1000,
  })),
};

type Kernel = (
  values: Float64Array,
  from: Int32Array,
  to: Int32Array,
  out: Float64Array,
  kinds: Uint8Array,
) => void;

function range(open: (call: RangeCall) => RangeEvaluator): RangeFunction {
  return { kind: "range", keepsName: false, open };
}

function floatsOnly(kernel: Kernel): RangeFunction {
  return range(() => ({
    floats: ({ values, windows: { from, to } }, out) => kernel(values, from, to, out.values, out.kinds),
  }));
}

function extremeValue(kernel: typeof minOverTime): RangeEvaluator {
  let scratch = new Float64Array(0);
  return {
    floats({ values, count, windows: { from, to } }, out) {
      if (scratch.length < count) scratch = new Float64Array(2 * count);
      kernel(values, from, to, out.values, out.kinds, scratch);
    },
  };
}

/** A sum or mean of floats or of histograms, but never of both (ANN-3). */
function withHistograms(call: RangeCall, kind: "sum" | "avg", kernel: Kernel): RangeEvaluator {
  const { annotations } = call.context;
  return {
    floats: ({ values, windows: { from, to } }, out) => kernel(values, from, to, out.values, out.kinds),
    mixed(window, series) {
      if (window.floatTo > window.floatFrom) {
        const name = series.metricName();
        annotations.warn(`encountered a mix of histograms and floats for metric name "${name}"`, call.argPos);
        return undefined;
      }
      return combine(window, kind, call, () => series.metricName());
    },
  };
}

function combine(
  window: MixedWindow,
  kind: "sum" | "avg",
  call: RangeCall,
  metricName: () => string,
): Histogram | undefined {
  const { annotations } = call.context;
  const first = window.histograms[window.histogramFrom]!;
  const sum = kind === "sum" ? new HistogramSum(first) : new HistogramMean(first);
  for (let row = window.histogramFrom + 1; row < window.histogramTo; row++) {
    if (!sum.add(window.histograms[row]!)) {
      annotations.warn(
        `vector contains a mix of histograms with exponential and custom buckets schemas for metric name "${metricName()}"`,
        call.argPos,
      );
      return undefined;
    }
  }
  const { histogram, collision, reconciled } = sum.result();
  if (collision) annotations.warn("conflicting counter resets during histogram aggregation", call.argPos);
  if (reconciled)
    annotations.info("mismatched custom buckets were reconciled during aggregation", call.argPos);
  return histogram;
}

function quantileOverTime(call: RangeCall): RangeEvaluator {
  const quantiles = call.args[0]!;
  return eachWindow(call, (values, count, step) => {
    // Nothing is said of a quantile of nothing.
    warnOfQuantile(quantiles[step]!, call.node.args[0]!.pos, call.context);
    return quantileOf(quantiles[step]!, values, count);
  });
}

/** `of` gets the window's values in a buffer of its own, to sort if it likes. */
function eachWindow(
  call: RangeCall,
  of: (values: Float64Array, count: number, step: number) => number,
): RangeEvaluator {
  let scratch = new Float64Array(64);
  return {
    floats({ values, windows: { from, to, rowMax } }: RangeInput, out: StepColumn) {
      if (scratch.length < rowMax) scratch = new Float64Array(rowMax * 2);
      for (let step = 0; step < from.length; step++) {
        const count = to[step]! - from[step]!;
        if (count <= 0) continue;
        call.context.guard.check(count);
        for (let row = 0; row < count; row++) scratch[row] = values[from[step]! + row]!;
        setFloat(out, step, of(scratch, count, step));
      }
    },
  };
}

/** Median of the distances from the median; NaN when any value is (FN-33). */
function medianDeviation(values: Float64Array, count: number): number {
  const median = quantileOf(0.5, values, count);
  // NaNs stand in front, and one makes all of it NaN.
  if (Number.isNaN(values[0])) return Number.NaN;
  for (let row = 0; row < count; row++) values[row] = Math.abs(values[row]! - median);
  return quantileOf(0.5, values, count);
}

function extremeTime(wanted: 1 | -1): RangeEvaluator {
  return {
    floats: ({ times, values, windows: { from, to } }, out) =>
      timeOfExtreme(times, values, from, to, wanted, out.values, out.kinds),
  };
}

function edgeTimes(
  times: Float64Array,
  from: Int32Array,
  to: Int32Array,
  { out, last }: { readonly out: StepColumn; readonly last: boolean },
): void {
  for (let step = 0; step < from.length; step++) {
    if (to[step]! > from[step]!) setFloat(out, step, times[last ? to[step]! - 1 : from[step]!]! / 1000);
  }
}

function floatEdge({ floatTimes, floatFrom, floatTo }: MixedWindow, last: boolean): number {
  if (floatTo <= floatFrom) return last ? -Infinity : Infinity;
  return floatTimes[last ? floatTo - 1 : floatFrom]!;
}
