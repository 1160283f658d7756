import type { Histogram, ResetHint } from "./histogram.ts";
import { addParts, mapParts, putTogether, takeApart, type Parts } from "./parts.ts";
import { reduceSide } from "./side.ts";

/** A sum or difference of histograms with what the user should be told about it. */
export interface CombinedHistogram {
  readonly histogram: Histogram; // Compacted.
  /** One says that a counter was reset, another that it was not (ANN-22); the hint is then unknown. */
  readonly collision: boolean;
  /** Custom bounds differed and were brought to the common ones (ANN-23). */
  readonly reconciled: boolean;
}

/**
 * The sum, or undefined when one histogram has exponential and the other custom buckets. Not compensated.
 * Source: Prometheus model/histogram, FloatHistogram.Add; spec NH-3 to NH-6.
 */
export function addHistograms(a: Histogram, b: Histogram): CombinedHistogram | undefined {
  return combine(a, takeApart(b, false), b.resetHint);
}

/**
 * `a` minus `b`; counts may become negative and the hint is always gauge (BIN-18). Undefined when one histogram has
 * exponential and the other custom buckets.
 */
export function subtractHistograms(a: Histogram, b: Histogram): CombinedHistogram | undefined {
  const difference = combine(a, mapParts(takeApart(b, false), negate), b.resetHint);
  if (difference === undefined) return undefined;
  return { ...difference, histogram: { ...difference.histogram, resetHint: "gauge" } };
}

/** All counts and the sum times `factor`, compacted; a negative factor makes a gauge (BIN-18). */
export function multiplyHistogram(histogram: Histogram, factor: number): Histogram {
  const parts = mapParts(takeApart(histogram, false), (value) => value * factor);
  return putTogether(factor < 0 ? { ...parts, resetHint: "gauge" } : parts);
}

/** All counts and the sum divided by `divisor`; dividing by zero takes all buckets away (BIN-18). */
export function divideHistogram(histogram: Histogram, divisor: number): Histogram {
  const parts = mapParts(takeApart(histogram, false), (value) => value / divisor);
  const result = putTogether(divisor < 0 ? { ...parts, resetHint: "gauge" } : parts);
  if (divisor !== 0) return result;
  return { ...result, positiveSpans: [], positiveBuckets: [], negativeSpans: [], negativeBuckets: [] };
}

/** The histogram with 2^k buckets merged into one each, compacted; itself when its schema is not above `schema`. */
export function reduceHistogram(histogram: Histogram, schema: number): Histogram {
  if (histogram.schema <= schema) return histogram;
  const parts = takeApart(histogram, false);
  return putTogether({
    ...parts,
    schema,
    positive: reduceSide(parts.positive, histogram.schema, schema),
    negative: reduceSide(parts.negative, histogram.schema, schema),
  });
}

/** The same observations without empty buckets and spans. */
export function compactHistogram(histogram: Histogram): Histogram {
  return putTogether(takeApart(histogram, false));
}

function combine(a: Histogram, b: Parts, hintB: ResetHint): CombinedHistogram | undefined {
  const sum = addParts(takeApart(a, false), b);
  if (sum === undefined) return undefined;
  const hintA = a.resetHint;
  return {
    histogram: putTogether(sum.parts),
    collision: (hintA === "reset" && hintB === "not_reset") || (hintA === "not_reset" && hintB === "reset"),
    reconciled: sum.reconciled,
  };
}

function negate(value: number): number {
  return -value;
}
