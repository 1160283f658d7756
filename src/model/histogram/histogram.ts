/** What is known about a histogram being a counter and about resets before it. Spec NH-7. */
export type ResetHint = "unknown" | "reset" | "not_reset" | "gauge";

/** A run of buckets that follow each other: `offset` from the end of the last run (first: the absolute index). */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** Schema of histograms whose bucket bounds are given one by one. */
export const CUSTOM_BUCKETS_SCHEMA = -53;

/**
 * A native histogram with absolute bucket counts as floats (integer histograms are exactly representable up
 * to 2^53 a bucket). Immutable. Source: Prometheus model/histogram, FloatHistogram; spec NH-1, NH-2.
 */
export interface Histogram {
  readonly schema: number; // -4…8, or CUSTOM_BUCKETS_SCHEMA.
  readonly resetHint: ResetHint;
  readonly count: number;
  readonly sum: number; // The stale marker's bits here make the sample a staleness marker; see `stale`.
  /** True for the staleness marker of a histogram series; then all else is zero or empty. */
  readonly stale: boolean;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positiveSpans: readonly Span[];
  readonly positiveBuckets: readonly number[]; // One count a bucket, in span order.
  readonly negativeSpans: readonly Span[];
  readonly negativeBuckets: readonly number[];
  readonly customBounds: readonly number[]; // Finite upper bounds, ascending; only with CUSTOM_BUCKETS_SCHEMA.
}

/** A histogram without observations; fields given in `fields` take their place. */
export function createHistogram(fields: Partial<Histogram> = {}): Histogram {
  return {
    schema: 0,
    resetHint: "unknown",
    count: 0,
    sum: 0,
    stale: false,
    zeroThreshold: 0,
    zeroCount: 0,
    positiveSpans: [],
    positiveBuckets: [],
    negativeSpans: [],
    negativeBuckets: [],
    customBounds: [],
    ...fields,
  };
}

/** The staleness marker of a histogram series. Its sum is a plain NaN: the marker's bits do not survive here. */
export const STALE_HISTOGRAM: Histogram = createHistogram({ stale: true, sum: NaN });

export function usesCustomBuckets(histogram: Histogram): boolean {
  return histogram.schema === CUSTOM_BUCKETS_SCHEMA;
}

export function withResetHint(histogram: Histogram, resetHint: ResetHint): Histogram {
  return histogram.resetHint === resetHint ? histogram : { ...histogram, resetHint };
}

/** No observations, in the schema and with the bounds of `histogram`: what a counter is right after a reset. */
export function emptyHistogramLike(histogram: Histogram): Histogram {
  return createHistogram({ schema: histogram.schema, customBounds: histogram.customBounds });
}

/** How many samples a histogram counts as against `query.max-samples`. Source: spec LIM-1. */
export function histogramSampleCount(histogram: Histogram): number {
  const spans = histogram.positiveSpans.length + histogram.negativeSpans.length;
  const buckets = histogram.positiveBuckets.length + histogram.negativeBuckets.length;
  const bytes = 168 + 8 * (spans + buckets + histogram.customBounds.length);
  return Math.floor((bytes + 8) / 16);
}
