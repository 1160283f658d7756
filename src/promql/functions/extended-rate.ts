import {
  addHistograms,
  detectReset,
  divideHistogram,
  multiplyHistogram,
  subtractHistograms,
  usesCustomBuckets,
  withResetHint,
  type Histogram,
} from "../../model/index.ts";
import { setFloat, type StepColumn } from "../exec/columns.ts";
import type { RangeInput } from "../exec/windows.ts";
import { HistogramNotes } from "./histogram-notes.ts";
import type { RateForm } from "./rate-form.ts";
import type { MixedWindow, RangeCall, RangeSeries } from "./registry.ts";

/**
 * rate, increase and delta under `anchored` and `smoothed`: the change between the values at the window's edges,
 * taken from the nearest samples around them. Windows hold more rows than lie in the range.
 * Source: Prometheus promql/functions.go, extendedRate and extendedHistogramRate; spec SEM-19.
 */
export class ExtendedRate {
  readonly #form: RateForm;
  readonly #smoothed: boolean;
  readonly #seconds: number;
  readonly #notes: HistogramNotes;

  constructor(form: RateForm, call: RangeCall) {
    this.#form = form;
    this.#smoothed = call.extension === "smoothed";
    this.#seconds = form.isRate ? call.rangeMs / 1000 : 1;
    this.#notes = new HistogramNotes(call.context.annotations, call.argPos);
  }

  computeFloats({ times, values, windows }: RangeInput, out: StepColumn): void {
    for (let step = 0; step < windows.ends.length; step++) {
      const endMs = windows.ends[step]!;
      const edges = { startMs: endMs - windows.rangeMs, endMs, isSmoothed: this.#smoothed };
      const rows = edgeRows(times, windows.from[step]!, windows.to[step]!, edges);
      if (rows !== undefined) setFloat(out, step, this.#floatChange(times, values, rows, edges));
    }
  }

  computeHistograms(window: MixedWindow, series: RangeSeries): Histogram | undefined {
    if (window.floatTo > window.floatFrom) {
      this.#notes.mixedSamples(series);
      return undefined;
    }
    const { histogramTimes, histogramFrom, histogramTo, startMs, endMs } = window;
    const edges = { startMs, endMs, isSmoothed: this.#smoothed };
    const rows = edgeRows(histogramTimes, histogramFrom, histogramTo, edges);
    return rows === undefined ? undefined : this.#histogramChange(window, rows, series);
  }

  #floatChange(times: Float64Array, values: Float64Array, { first, last }: Rows, edges: Edges): number {
    const { startMs, endMs } = edges;
    const { isCounter } = this.#form;
    const at = (row: number, ms: number): number => interpolate(times, values, row, { ms, isCounter });
    const left = this.#smoothed && times[first]! < startMs ? at(first, startMs) : values[first]!;
    const isBeyond = this.#smoothed && last > 0 && times[last]! > endMs;
    const right = isBeyond ? at(last - 1, endMs) : values[last]!;
    let change = right - left;
    if (isCounter) {
      const inner = times[first]! <= startMs ? first + 1 : first;
      const innerEnd = times[last]! >= endMs ? last : last + 1;
      change += resetCorrection(left, right, values.subarray(inner, Math.max(inner, innerEnd)));
    }
    return change / this.#seconds;
  }

  #histogramChange(window: MixedWindow, { first, last }: Rows, series: RangeSeries): Histogram | undefined {
    const { histograms } = window;
    const { isCounter, isRate } = this.#form;
    const points = histograms.slice(first, last + 1);
    const custom = usesCustomBuckets(points[0]!);
    if (points.some((point) => usesCustomBuckets(point) !== custom)) return this.#notes.mixedSchemas(series);
    if (isCounter && points.some((point) => point.resetHint === "gauge")) this.#notes.notCounter(series);
    const edges = this.#edgeHistograms(window, { first, last }, series);
    if (edges === undefined) return undefined;
    const { left, right } = edges;
    if (!isCounter && (left.resetHint !== "gauge" || right.resetHint !== "gauge"))
      this.#notes.notGauge(series);
    const difference = subtractHistograms(right, left);
    if (difference === undefined) return this.#notes.mixedSchemas(series);
    this.#notes.reconciled(difference, "subtraction");
    let change: Histogram | undefined = difference.histogram;
    if (isCounter)
      change = this.#addCorrections(change, this.#corrections(window, { first, last }, edges), series);
    if (change === undefined) return undefined;
    return withResetHint(isRate ? divideHistogram(change, this.#seconds) : change, "gauge");
  }

  #edgeHistograms(
    window: MixedWindow,
    { first, last }: Rows,
    series: RangeSeries,
  ): HistogramEdges | undefined {
    const { histogramTimes: times, histograms, startMs, endMs } = window;
    const needsLeft = this.#smoothed && times[first]! < startMs;
    const needsRight = this.#smoothed && last > 0 && times[last]! > endMs;
    const left = needsLeft ? this.#interpolate(window, first, startMs) : histograms[first]!;
    const right = needsRight ? this.#interpolate(window, last - 1, endMs) : histograms[last]!;
    return left === undefined || right === undefined ? this.#notes.mixedSchemas(series) : { left, right };
  }

  #interpolate(window: MixedWindow, row: number, ms: number): Histogram | undefined {
    const { histogramTimes: times, histograms } = window;
    const pair = { before: histograms[row]!, after: histograms[row + 1]! };
    const between = { fromMs: times[row]!, toMs: times[row + 1]!, ms, isCounter: this.#form.isCounter };
    return interpolateHistograms(pair, between, this.#notes);
  }

  /** What was lost by the resets between the edges. */
  #corrections(window: MixedWindow, { first, last }: Rows, { left, right }: HistogramEdges): Histogram[] {
    const { histogramTimes: times, histograms, startMs } = window;
    const corrections: Histogram[] = [];
    let previous = left;
    let row = first + 1;
    const isInterpolated = this.#smoothed && times[first]! < startMs;
    if (isInterpolated && detectReset(histograms[first + 1]!, histograms[first]!)) {
      // The value at the left edge already starts from this reset.
      previous = histograms[first + 1]!;
      row++;
    }
    if (row > last) return corrections;
    for (; row < last; row++) {
      const current = histograms[row]!;
      if (detectReset(current, previous)) corrections.push(previous);
      previous = current;
    }
    if (detectReset(right, previous)) corrections.push(previous);
    return corrections;
  }

  #addCorrections(
    change: Histogram,
    corrections: readonly Histogram[],
    series: RangeSeries,
  ): Histogram | undefined {
    let total: Histogram = change;
    for (const correction of corrections) {
      const sum = addHistograms(total, correction);
      if (sum === undefined) return this.#notes.mixedSchemas(series);
      this.#notes.reconciled(sum, "addition");
      total = sum.histogram;
    }
    return total;
  }
}

interface Edges {
  readonly startMs: number;
  readonly endMs: number;
}

/** First and last row to look at. */
interface Rows {
  readonly first: number;
  readonly last: number;
}

interface HistogramEdges {
  readonly left: Histogram;
  readonly right: Histogram;
}

interface EdgeRule extends Edges {
  readonly isSmoothed: boolean;
}

/**
 * Of rows `[from, to)`, the first and last to look at for the values at the edges; undefined when none lies where it
 * could tell them.
 */
export function edgeRows(times: Float64Array, from: number, to: number, rule: EdgeRule): Rows | undefined {
  const { startMs, endMs, isSmoothed } = rule;
  if (to <= from) return undefined;
  let last = to - 1;
  let first = from;
  while (first < last && times[first]! <= startMs) first++;
  first = Math.max(from, first - 1);
  if (isSmoothed) {
    let next = from;
    while (next < last && times[next]! < endMs) next++;
    last = next;
  }
  if (times[last]! <= startMs) return undefined;
  if (isSmoothed && times[first]! > endMs) return undefined;
  return { first, last };
}

/** The value at `ms` between `row` and the next; after a counter's reset it rises from 0. */
export function interpolate(
  times: Float64Array,
  values: Float64Array,
  row: number,
  { ms, isCounter }: { readonly ms: number; readonly isCounter: boolean },
): number {
  const after = values[row + 1]!;
  const before = isCounter && after < values[row]! ? 0 : values[row]!;
  return before + ((after - before) * (ms - times[row]!)) / (times[row + 1]! - times[row]!);
}

function resetCorrection(left: number, right: number, inner: Float64Array): number {
  let correction = 0;
  let previous = left;
  for (const value of inner) {
    if (value < previous) correction += previous;
    previous = value;
  }
  return right < previous ? correction + previous : correction;
}

export interface InterpolationTimes {
  readonly fromMs: number;
  readonly toMs: number;
  readonly ms: number;
  readonly isCounter: boolean;
}

/** The histogram at `ms` between two; undefined when they cannot be combined. */
export function interpolateHistograms(
  { before, after }: { readonly before: Histogram; readonly after: Histogram },
  { fromMs, toMs, ms, isCounter }: InterpolationTimes,
  notes: HistogramNotes,
): Histogram | undefined {
  if (ms === fromMs) return before;
  if (ms === toMs) return after;
  const fraction = (ms - fromMs) / (toMs - fromMs);
  if (isCounter && detectReset(after, before)) return multiplyHistogram(after, fraction);
  const difference = subtractHistograms(after, before);
  if (difference === undefined) return undefined;
  notes.reconciled(difference, "subtraction");
  const part = withResetHint(multiplyHistogram(difference.histogram, fraction), after.resetHint);
  const sum = addHistograms(part, before);
  if (sum === undefined) return undefined;
  notes.reconciled(sum, "addition");
  return sum.histogram;
}
