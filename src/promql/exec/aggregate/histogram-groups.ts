import type { CombinedHistogram, Histogram } from "../../../model/index.ts";
import { HistogramNotes } from "../../functions/histogram-notes.ts";
import { ABSENT, FLOAT, HISTOGRAM, setHistogram, type StepColumn } from "../columns.ts";
import type { AccumulatorShape } from "./accumulators.ts";

/** A sum or mean of histograms in the making. */
export interface HistogramAccumulator {
  add(histogram: Histogram): boolean;
  result(): CombinedHistogram;
}

/**
 * The histograms of sum and avg beside their floats: one accumulator a group and step that has any. A group with both
 * kinds, or with exponential and custom buckets, gives nothing at that step (AGG-1, ANN-4, ANN-8). What is warned of
 * hangs on the order, as in Prometheus: behind a float histograms are not added up, and behind histograms that cannot
 * be combined nothing is looked at.
 */
export class HistogramGroups {
  readonly #shape: AccumulatorShape;
  readonly #start: (first: Histogram) => HistogramAccumulator;
  readonly #notes: HistogramNotes;
  readonly #byPlace = new Map<number, HistogramAccumulator | "mixed" | "incompatible">();

  constructor(shape: AccumulatorShape, start: (first: Histogram) => HistogramAccumulator) {
    this.#shape = shape;
    this.#start = start;
    this.#notes = new HistogramNotes(shape.context.annotations, shape.pos);
  }

  /** `floatsSeen` is not 0 at the places of groups and steps that have met a float. */
  add(
    column: StepColumn,
    group: number,
    { series, floatsSeen }: { readonly series: number; readonly floatsSeen: Uint8Array | Float64Array },
  ): void {
    if (!column.hasHistograms) return;
    const { kinds, histograms } = column;
    const base = group * this.#shape.stepCount;
    for (let step = 0; step < kinds.length; step++) {
      if (kinds[step] !== HISTOGRAM) continue;
      const place = base + step;
      const hasFloat = floatsSeen[place] !== 0;
      if (hasFloat && !this.#byPlace.has(place)) this.#byPlace.set(place, "mixed");
      else if (!this.#addPoint(place, histograms[step]!, series))
        this.#byPlace.set(place, hasFloat ? "mixed" : "incompatible");
    }
  }

  /** False when it cannot be combined with those before. */
  #addPoint(place: number, histogram: Histogram, series: number): boolean {
    const accumulator = this.#byPlace.get(place);
    if (accumulator === undefined) this.#byPlace.set(place, this.#start(histogram));
    if (typeof accumulator !== "object" || accumulator.add(histogram)) return true;
    this.#notes.mixedSchemas({ metricName: () => this.#shape.metricName(series) });
    return false;
  }

  /** Puts a group's histograms over its floats, which are in `into`. */
  finish(group: number, into: StepColumn): void {
    if (this.#byPlace.size === 0) return;
    const { stepCount, context, pos } = this.#shape;
    for (let step = 0; step < stepCount; step++) {
      const accumulator = this.#byPlace.get(group * stepCount + step);
      if (accumulator === undefined) continue;
      if (accumulator === "incompatible") {
        into.kinds[step] = ABSENT;
      } else if (accumulator === "mixed" || into.kinds[step] === FLOAT) {
        context.annotations.warn("encountered a mix of histograms and floats for aggregation", pos);
        into.kinds[step] = ABSENT;
      } else {
        const result = accumulator.result();
        this.#notes.combined(result, "aggregation");
        setHistogram(into, step, result.histogram);
      }
    }
  }
}
