import {
  addHistograms,
  detectReset,
  emptyHistogramLike,
  multiplyHistogram,
  reduceHistogram,
  subtractHistograms,
  usesCustomBuckets,
  withResetHint,
  type CombinedHistogram,
  type Histogram,
} from "../../model/index.ts";
import { HistogramNotes } from "./histogram-notes.ts";
import type { RateForm } from "./rate-form.ts";
import type { MixedWindow, RangeCall, RangeSeries } from "./registry.ts";

/** rate, increase and delta of native histograms. Source: Prometheus promql/functions.go, histogramRate; spec FN-50c. */
export class HistogramRate {
  readonly #form: RateForm;
  readonly #rangeMs: number;
  readonly #notes: HistogramNotes;

  constructor(form: RateForm, call: RangeCall) {
    this.#form = form;
    this.#rangeMs = call.rangeMs;
    this.#notes = new HistogramNotes(call.context.annotations, call.argPos);
  }

  compute(window: MixedWindow, series: RangeSeries): Histogram | undefined {
    if (window.floatTo > window.floatFrom) {
      this.#notes.mixedSamples(series);
      return undefined;
    }
    const points = window.histograms.slice(window.histogramFrom, window.histogramTo);
    if (points.length < 2) return undefined;
    const change = this.#change(points, series);
    return change === undefined ? undefined : this.#extrapolate(change, points[0]!, window);
  }

  #change(points: readonly Histogram[], series: RangeSeries): Histogram | undefined {
    const first = points[0]!;
    const last = points.at(-1)!;
    const { isCounter } = this.#form;
    const base = isCounter && detectReset(points[1]!, first) ? emptyHistogramLike(points[1]!) : first;
    if (isCounter && points.some((point) => point.resetHint === "gauge")) this.#notes.notCounter(series);
    const between = isCounter ? points.slice(1, -1) : [];
    const compared = [last, ...between];
    if (compared.some((point) => usesCustomBuckets(point) !== usesCustomBuckets(base))) {
      return this.#notes.mixedSchemas(series);
    }
    const schema = Math.min(base.schema, ...compared.map((point) => point.schema));
    const difference = subtractHistograms(reduceHistogram(last, schema), base);
    if (difference === undefined) return this.#notes.mixedSchemas(series);
    this.#notes.reconciled(difference, "subtraction");
    if (isCounter) return this.#addResets(difference, base, points, series);
    if (first.resetHint !== "gauge" || last.resetHint !== "gauge") this.#notes.notGauge(series);
    return withResetHint(difference.histogram, "gauge");
  }

  #addResets(
    difference: CombinedHistogram,
    base: Histogram,
    points: readonly Histogram[],
    series: RangeSeries,
  ): Histogram | undefined {
    let { histogram } = difference;
    let previous = base;
    for (const point of points.slice(1)) {
      if (detectReset(point, previous)) {
        const sum = addHistograms(histogram, previous);
        if (sum === undefined) return this.#notes.mixedSchemas(series);
        this.#notes.reconciled(sum, "addition");
        ({ histogram } = sum);
      }
      previous = point;
    }
    return withResetHint(histogram, "gauge");
  }

  #extrapolate(change: Histogram, first: Histogram, window: MixedWindow): Histogram {
    const { histogramTimes, histogramFrom, histogramTo, startMs, endMs } = window;
    const firstTime = histogramTimes[histogramFrom]!;
    const lastTime = histogramTimes[histogramTo - 1]!;
    const sampled = (lastTime - firstTime) / 1000;
    const average = sampled / (histogramTo - histogramFrom - 1);
    const threshold = average * 1.1;
    let toStart = (firstTime - startMs) / 1000;
    let toEnd = (endMs - lastTime) / 1000;
    if (toStart >= threshold) toStart = average / 2;
    if (this.#form.isCounter && change.count > 0 && first.count >= 0) {
      toStart = Math.min(toStart, sampled * (first.count / change.count));
    }
    if (toEnd >= threshold) toEnd = average / 2;
    const factor = (sampled + toStart + toEnd) / sampled;
    return multiplyHistogram(change, this.#form.isRate ? factor / (this.#rangeMs / 1000) : factor);
  }
}
