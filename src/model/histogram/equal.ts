import type { Histogram } from "./histogram.ts";
import { sameBounds } from "./parts.ts";
import { readSide } from "./side.ts";

/**
 * Whether two histograms have the same data bit by bit (a NaN equals a NaN); the reset hint does not count, nor how
 * spans are cut. Empty buckets do. Source: Prometheus model/histogram, FloatHistogram.Equals; spec BIN-16.
 */
export function sameHistogram(a: Histogram, b: Histogram): boolean {
  return (
    a.schema === b.schema &&
    a.stale === b.stale &&
    Object.is(a.count, b.count) &&
    Object.is(a.sum, b.sum) &&
    Object.is(a.zeroCount, b.zeroCount) &&
    a.zeroThreshold === b.zeroThreshold &&
    sameBounds(a.customBounds, b.customBounds) &&
    sameNumbers(a.positiveBuckets, b.positiveBuckets) &&
    sameNumbers(a.negativeBuckets, b.negativeBuckets) &&
    sameNumbers(indexesOf(a.positiveSpans), indexesOf(b.positiveSpans)) &&
    sameNumbers(indexesOf(a.negativeSpans), indexesOf(b.negativeSpans))
  );
}

function indexesOf(spans: Histogram["positiveSpans"]): readonly number[] {
  return readSide(spans, [], false).indexes;
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}
