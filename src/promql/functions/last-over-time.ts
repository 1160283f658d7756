import { setFloat } from "../exec/columns.ts";
import type { FunctionTable, MixedWindow, RangeEvaluator } from "./registry.ts";

/** FN-30: the newest and the oldest sample of the window, of either kind. */
export const lastFunctions: FunctionTable = {
  last_over_time: { kind: "range", keepsName: true, open: () => lastOverTime },
  first_over_time: { kind: "range", keepsName: true, open: () => firstOverTime },
};

const lastOverTime: RangeEvaluator = {
  floats({ values, windows: { from, to } }, out) {
    for (let step = 0; step < from.length; step++) {
      if (to[step]! > from[step]!) setFloat(out, step, values[to[step]! - 1]!);
    }
  },
  mixed(window: MixedWindow) {
    const { floatFrom, floatTo, histogramTo } = window;
    const histogramTime = window.histogramTimes[histogramTo - 1]!;
    const floatIsNewer = floatTo > floatFrom && window.floatTimes[floatTo - 1]! > histogramTime;
    return floatIsNewer ? window.floats[floatTo - 1]! : window.histograms[histogramTo - 1]!;
  },
};

const firstOverTime: RangeEvaluator = {
  floats({ values, windows: { from, to } }, out) {
    for (let step = 0; step < from.length; step++) {
      if (to[step]! > from[step]!) setFloat(out, step, values[from[step]!]!);
    }
  },
  mixed(window: MixedWindow) {
    const { floatFrom, floatTo, histogramFrom } = window;
    const floatIsOlder =
      floatTo > floatFrom && window.floatTimes[floatFrom]! < window.histogramTimes[histogramFrom]!;
    return floatIsOlder ? window.floats[floatFrom]! : window.histograms[histogramFrom]!;
  },
};
