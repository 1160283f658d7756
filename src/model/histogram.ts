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
