import {
  detectReset,
  divideHistogram,
  subtractHistograms,
  withResetHint,
  type Histogram,
} from "../../model/index.ts";
import { setFloat, type StepColumn } from "../exec/columns.ts";
import type { RangeInput } from "../exec/windows.ts";
import { HistogramNotes } from "./histogram-notes.ts";
import type { FunctionTable, MixedWindow, RangeCall, RangeFunction, RangeSeries } from "./registry.ts";

/** FN-19, FN-20. Source: Prometheus promql/functions.go, instantValue. */
export const instantRateFunctions: FunctionTable = { irate: instantRate(true), idelta: instantRate(false) };

function instantRate(isRate: boolean): RangeFunction {
  return {
    kind: "range",
    keepsName: false,
    open(call) {
      const notes = new HistogramNotes(call.context.annotations, call.argPos);
      return {
        floats: (input, out) => computeFloats(isRate, input, out),
        mixed: (window, series) => computeMixed(isRate, window, { series, notes, call }),
      };
    },
  };
}

function computeFloats(isRate: boolean, { times, values, windows }: RangeInput, out: StepColumn): void {
  const { from, to } = windows;
  for (let step = 0; step < from.length; step++) {
    const last = to[step]! - 1;
    if (last - from[step]! < 1) continue;
    const seconds = (times[last]! - times[last - 1]!) / 1000;
    setFloat(out, step, changeOf(isRate, values[last - 1]!, values[last]!, seconds));
  }
}

function changeOf(isRate: boolean, before: number, after: number, seconds: number): number {
  if (!isRate) return after - before;
  return (after < before ? after : after - before) / seconds;
}

interface MixedOptions {
  readonly series: RangeSeries;
  readonly notes: HistogramNotes;
  readonly call: RangeCall;
}

interface TimedSample {
  readonly time: number;
  readonly sample: number | Histogram;
}

function computeMixed(
  isRate: boolean,
  window: MixedWindow,
  { series, notes }: MixedOptions,
): number | Histogram | undefined {
  const [before, after] = lastTwo(window);
  if (before === undefined || after === undefined) return undefined;
  const seconds = (after.time - before.time) / 1000;
  if (seconds === 0) return undefined;
  const [a, b] = [before.sample, after.sample];
  if (typeof a === "number" && typeof b === "number") return changeOf(isRate, a, b, seconds);
  if (typeof a === "number" || typeof b === "number") {
    notes.mixedSamples(series);
    return undefined;
  }
  return histogramChange(isRate, { before: a, after: b, seconds }, series, notes);
}

function histogramChange(
  isRate: boolean,
  {
    before,
    after,
    seconds,
  }: { readonly before: Histogram; readonly after: Histogram; readonly seconds: number },
  series: RangeSeries,
  notes: HistogramNotes,
): Histogram | undefined {
  const gauges = Number(before.resetHint === "gauge") + Number(after.resetHint === "gauge");
  if (isRate && gauges > 0) notes.notCounter(series);
  if (!isRate && gauges < 2) notes.notGauge(series);
  let change = after;
  if (!isRate || !detectReset(after, before)) {
    const difference = subtractHistograms(after, before);
    if (difference === undefined) return notes.mixedSchemas(series);
    notes.reconciled(difference, "subtraction");
    change = difference.histogram;
  }
  return withResetHint(isRate ? divideHistogram(change, seconds) : change, "gauge");
}

/** The newest two samples of either kind; at equal times the histogram counts as the older. */
function lastTwo(window: MixedWindow): (TimedSample | undefined)[] {
  const samples: TimedSample[] = [];
  for (let row = Math.max(window.histogramFrom, window.histogramTo - 2); row < window.histogramTo; row++) {
    samples.push({ time: window.histogramTimes[row]!, sample: window.histograms[row]! });
  }
  for (let row = Math.max(window.floatFrom, window.floatTo - 2); row < window.floatTo; row++) {
    samples.push({ time: window.floatTimes[row]!, sample: window.floats[row]! });
  }
  samples.sort((a, b) => a.time - b.time);
  return samples.length < 2 ? [] : samples.slice(-2);
}
