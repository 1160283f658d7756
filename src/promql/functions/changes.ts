import { detectReset, sameHistogram, type Histogram } from "../../model/index.ts";
import { countChanges, countResets, spreadCounts } from "./changes.kernel.ts";
import type { FunctionTable, MixedWindow, RangeCall, RangeEvaluator, RangeFunction } from "./registry.ts";

interface EventForm {
  readonly count: typeof countResets;
  readonly happened: (before: Histogram, after: Histogram) => boolean;
  readonly happenedBetweenFloats: (before: number, after: number) => boolean;
}

/** FN-21, FN-22. */
export const changeFunctions: FunctionTable = {
  resets: eventFunction({
    count: countResets,
    happened: (before, after) => detectReset(after, before),
    happenedBetweenFloats: (before, after) => after < before,
  }),
  changes: eventFunction({
    count: countChanges,
    happened: (before, after) => !sameHistogram(before, after),
    happenedBetweenFloats: (before, after) =>
      before !== after && !(Number.isNaN(before) && Number.isNaN(after)),
  }),
};

function eventFunction(form: EventForm): RangeFunction {
  return {
    kind: "range",
    keepsName: false,
    extensions: ["anchored"],
    open: (call) => openEvents(form, call),
  };
}

function openEvents(form: EventForm, call: RangeCall): RangeEvaluator {
  let counts = new Int32Array(0);
  const isAnchored = call.extension === "anchored";
  return {
    floats({ times, values, count, windows }, out) {
      const { from, to, ends, rangeMs } = windows;
      if (counts.length < count) counts = new Int32Array(count);
      const end = to[to.length - 1]!;
      if (end > from[0]!) form.count(values, from[0]!, end, counts);
      const first = isAnchored ? anchoredRows(times, from, to, startsOf(ends, rangeMs)) : from;
      spreadCounts(counts, first, to, out.values, out.kinds);
    },
    mixed: (window) => countMixed(form, isAnchored ? anchoredWindow(window) : window),
  };
}

function startsOf(ends: Float64Array, rangeMs: number): Float64Array {
  return ends.map((end) => end - rangeMs);
}

/** First rows of windows that reach back to the newest row at or before their start; empty without a row after it. */
function anchoredRows(
  times: Float64Array,
  from: Int32Array,
  to: Int32Array,
  starts: Float64Array,
): Int32Array {
  return from.map((first, step) => {
    let row = first;
    while (row < to[step]! && times[row]! <= starts[step]!) row++;
    return row === to[step] ? row : Math.max(first, row - 1);
  });
}

// The anchor is the newest sample of either kind; older ones and those of the other kind before the start go.
function anchoredWindow(window: MixedWindow): MixedWindow {
  const { floatTimes, histogramTimes, startMs } = window;
  let float = window.floatFrom;
  while (float < window.floatTo && floatTimes[float]! <= startMs) float++;
  let histogram = window.histogramFrom;
  while (histogram < window.histogramTo && histogramTimes[histogram]! <= startMs) histogram++;
  if (float === window.floatTo && histogram === window.histogramTo) {
    return { ...window, floatFrom: float, histogramFrom: histogram };
  }
  const floatAnchor = float > window.floatFrom ? floatTimes[float - 1]! : -Infinity;
  const histogramAnchor = histogram > window.histogramFrom ? histogramTimes[histogram - 1]! : -Infinity;
  if (floatAnchor >= histogramAnchor && floatAnchor !== -Infinity) float--;
  else if (histogramAnchor !== -Infinity) histogram--;
  return { ...window, floatFrom: float, histogramFrom: histogram };
}

function countMixed({ happened, happenedBetweenFloats }: EventForm, window: MixedWindow): number | undefined {
  const { floatTimes, floats, floatTo, histogramTimes, histograms, histogramTo } = window;
  let float = window.floatFrom;
  let histogram = window.histogramFrom;
  let previous: number | Histogram | undefined;
  let count = 0;
  while (float < floatTo || histogram < histogramTo) {
    const isFloat =
      histogram >= histogramTo || (float < floatTo && floatTimes[float]! < histogramTimes[histogram]!);
    const current: number | Histogram = isFloat ? floats[float++]! : histograms[histogram++]!;
    if (previous !== undefined) {
      if (typeof previous === "number" && typeof current === "number") {
        if (happenedBetweenFloats(previous, current)) count++;
      } else if (typeof previous === "number" || typeof current === "number" || happened(previous, current)) {
        count++;
      }
    }
    previous = current;
  }
  return previous === undefined ? undefined : count;
}
