import { PromqlExecutionError } from "../errors.ts";
import { setFloat } from "../exec/columns.ts";
import type { FunctionTable } from "./registry.ts";

/** FN-25: Holt-Winters smoothing with a trend. */
export const smoothingFunctions: FunctionTable = {
  double_exponential_smoothing: {
    kind: "range",
    keepsName: false,
    open(call) {
      const [smoothing, trend] = call.args as [Float64Array, Float64Array];
      return {
        floats({ values, windows: { from, to }, histograms }, out) {
          for (let step = 0; step < from.length; step++) {
            const others = histograms?.windows;
            if (from[step] === to[step] && (others === undefined || others.from[step] === others.to[step]))
              continue;
            const factors = { smoothing: smoothing[step]!, trend: trend[step]! };
            checkFactor("smoothing", factors.smoothing);
            checkFactor("trend", factors.trend);
            if (to[step]! - from[step]! < 2) continue;
            setFloat(out, step, smooth(values.subarray(from[step], to[step]), factors));
          }
        },
      };
    },
  },
};

// NaN passes, as in Prometheus.
function checkFactor(what: "smoothing" | "trend", factor: number): void {
  if (!(factor <= 0 || factor >= 1)) return;
  const letters = what === "smoothing" ? "sf" : "tf";
  throw new PromqlExecutionError(
    `invalid ${what} factor. Expected: 0 < ${letters} < 1, got: ${sixDecimals(factor)}`,
  );
}

/** Go's %f. */
function sixDecimals(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  // From here on toFixed() writes exponents, and every double is whole.
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
}

/** The last smoothed value. Source: Prometheus promql/functions.go, funcDoubleExponentialSmoothing. */
function smooth(
  values: Float64Array,
  factors: { readonly smoothing: number; readonly trend: number },
): number {
  let before = 0;
  let smoothed = values[0]!;
  let slope = values[1]! - values[0]!;
  for (let row = 1; row < values.length; row++) {
    if (row > 1) slope = factors.trend * (smoothed - before) + (1 - factors.trend) * slope;
    const next = factors.smoothing * values[row]! + (1 - factors.smoothing) * (smoothed + slope);
    before = smoothed;
    smoothed = next;
  }
  return smoothed;
}
