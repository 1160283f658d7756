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
 * kinds, or with exponential and custom buckets, gives nothing at that step (AGG-1, ANN-4, ANN-8).
 */
export class HistogramGroups {
  readonly #shape: AccumulatorShape;
  readonly #start: (first: Histogram) => HistogramAccumulator;
  readonly #notes: HistogramNotes;
  readonly #byPlace = new Map<number, HistogramAccumulator | "incompatible">();

  constructor(shape: AccumulatorShape, start: (first: Histogram) => HistogramAccumulator) {
    this.#shape = shape;
    this.#start = start;
    this.#notes = new HistogramNotes(shape.context.annotations, shape.pos);
  }

  add(column: StepColumn, group: number, series: number): void {
    if (!column.hasHistograms) return;
    const { kinds, histograms } = column;
    const base = group * this.#shape.stepCount;
    for (let step = 0; step < kinds.length; step++) {
      if (kinds[step] === HISTOGRAM) this.#addPoint(base + step, histograms[step]!, series);
    }
  }

  #addPoint(place: number, histogram: Histogram, series: number): void {
    const accumulator = this.#byPlace.get(place);
    if (accumulator === undefined) {
      this.#byPlace.set(place, this.#start(histogram));
    } else if (accumulator !== "incompatible" && !accumulator.add(histogram)) {
      this.#notes.mixedSchemas({ metricName: () => this.#shape.metricName(series) });
      this.#byPlace.set(place, "incompatible");
    }
  }

  /** Puts a group's histograms over its floats, which are in `into`. */
  finish(group: number, into: StepColumn): void {
    if (this.#byPlace.size === 0) return;
    const { stepCount, context, pos } = this.#shape;
    for (let step = 0; step < stepCount; step++) {
      const accumulator = this.#byPlace.get(group * stepCount + step);
      if (accumulator === undefined) continue;
      if (into.kinds[step] === FLOAT) {
        context.annotations.warn("encountered a mix of histograms and floats for aggregation", pos);
        into.kinds[step] = ABSENT;
      } else if (accumulator !== "incompatible") {
        const result = accumulator.result();
        this.#notes.combined(result, "aggregation");
        setHistogram(into, step, result.histogram);
      }
    }
  }
}
