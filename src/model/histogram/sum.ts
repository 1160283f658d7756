import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from "./histogram.ts";
import type { CombinedHistogram } from "./combine.ts";
import { addParts, mapParts, putTogether, takeApart, type Parts, type Total } from "./parts.ts";

/**
 * Adds up histograms in the order given, each number with compensation.
 * Source: Prometheus promql, sum and sum_over_time of histograms; spec AGG-1, FN-27, NUM-2.
 */
export class HistogramSum {
  #parts: Parts;
  readonly #notes: SumNotes;

  constructor(first: Histogram) {
    this.#parts = takeApart(first, true);
    this.#notes = new SumNotes(first);
  }

  /** False, and nothing is added, when one has exponential and the other custom buckets (ANN-8). */
  add(histogram: Histogram): boolean {
    const sum = addParts(this.#parts, takeApart(histogram, false));
    if (sum === undefined) return false;
    this.#notes.take(histogram, sum.reconciled);
    this.#parts = sum.parts;
    return true;
  }

  result(): CombinedHistogram {
    return this.#notes.attachTo(putTogether(this.#parts));
  }
}

/**
 * The mean of histograms: their sum divided by how many they are or, from the first overflow on, a mean carried along.
 * Source: Prometheus promql, avg and avg_over_time of histograms; spec AGG-2, FN-26, NUM-3.
 */
export class HistogramMean {
  #parts: Parts; // The sum, later the mean.
  #count: number;
  #incremental: boolean;
  readonly #notes: SumNotes;

  constructor(first: Histogram) {
    this.#parts = takeApart(first, true);
    this.#count = 1;
    this.#incremental = false;
    this.#notes = new SumNotes(first);
  }

  /** False, and nothing is added, when one has exponential and the other custom buckets (ANN-8). */
  add(histogram: Histogram): boolean {
    const count = this.#count + 1;
    const parts = takeApart(histogram, false);
    let sum = this.#incremental ? undefined : addParts(this.#parts, parts);
    if (sum === undefined || hasOverflow(sum.parts)) {
      const mean = this.#incremental ? this.#parts : divide(this.#parts, count - 1);
      const share = (count - 1) / count;
      sum = addParts(
        mapParts(mean, (value) => value * share),
        divide(parts, count),
      );
      if (sum === undefined) return false;
      this.#incremental = true;
    }
    this.#notes.take(histogram, sum.reconciled);
    this.#parts = sum.parts;
    this.#count = count;
    return true;
  }

  result(): CombinedHistogram {
    const mean = this.#incremental ? this.#parts : divide(this.#parts, this.#count);
    return this.#notes.attachTo(putTogether(mean));
  }
}

// What was met on the way and the user should be told.
class SumNotes {
  #resetSeen: boolean;
  #notResetSeen: boolean;
  #reconciled: boolean;

  constructor(first: Histogram) {
    this.#resetSeen = false;
    this.#notResetSeen = false;
    this.#reconciled = false;
    this.take(first, false);
  }

  take(histogram: Histogram, reconciled: boolean): void {
    this.#resetSeen ||= histogram.resetHint === "reset";
    this.#notResetSeen ||= histogram.resetHint === "not_reset";
    this.#reconciled ||= reconciled;
  }

  attachTo(histogram: Histogram): CombinedHistogram {
    return { histogram, collision: this.#resetSeen && this.#notResetSeen, reconciled: this.#reconciled };
  }
}

function divide(parts: Parts, divisor: number): Parts {
  return mapParts(parts, (value) => value / divisor);
}

function hasOverflow(parts: Parts): boolean {
  const totals: readonly Total[] = [parts.count, parts.sum, parts.zero];
  return (
    totals.some((total) => isInfinite(total.sum)) ||
    parts.positive.counts.some(isInfinite) ||
    parts.negative.counts.some(isInfinite) ||
    // A first bound of -Inf counts as an overflow in upstream too; the mean is the same but for rounding.
    (parts.schema === CUSTOM_BUCKETS_SCHEMA && parts.customBounds.some(isInfinite))
  );
}

function isInfinite(value: number): boolean {
  return value === Infinity || value === -Infinity;
}
