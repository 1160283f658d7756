import { bucketBound } from "./bounds.ts";
import { usesCustomBuckets, type Histogram, type Span } from "./histogram.ts";

/** One bucket with its bounds; an inclusive bound belongs to the bucket. */
export interface HistogramBucket {
  readonly lower: number;
  readonly upper: number;
  readonly lowerInclusive: boolean;
  readonly upperInclusive: boolean;
  readonly count: number;
}

/**
 * All buckets with a count other than 0 in ascending order: negative, zero (only with a positive count), positive.
 * Bounds that reach into the zero bucket are cut at its edge. Source: Prometheus model/histogram,
 * AllBucketIterator; spec API-30.
 */
export function histogramBuckets(histogram: Histogram): HistogramBucket[] {
  const buckets: HistogramBucket[] = [];
  const slots = slotCount(histogram);
  for (let slot = 0; slot < slots; slot++) {
    if (countAt(histogram, slot) !== 0) buckets.push(bucketAt(histogram, slot));
  }
  return buckets;
}

/** Number of buckets, empty ones included; slots are numbered from the lowest bucket up. */
export function slotCount(histogram: Histogram): number {
  const zero = histogram.zeroCount > 0 ? 1 : 0;
  return histogram.negativeBuckets.length + zero + histogram.positiveBuckets.length;
}

/** Count of the bucket in `slot`, which must be below `slotCount`. */
export function countAt(histogram: Histogram, slot: number): number {
  const { negativeBuckets } = histogram;
  if (slot < negativeBuckets.length) return negativeBuckets[negativeBuckets.length - 1 - slot]!;
  const zero = histogram.zeroCount > 0 ? 1 : 0;
  const position = slot - negativeBuckets.length - zero;
  return position < 0 ? histogram.zeroCount : histogram.positiveBuckets[position]!;
}

/** The bucket in `slot`, which must be below `slotCount`. */
export function bucketAt(histogram: Histogram, slot: number): HistogramBucket {
  const { negativeBuckets, zeroThreshold } = histogram;
  const count = countAt(histogram, slot);
  if (slot < negativeBuckets.length) {
    const bucket = negativeBucket(histogram, negativeBuckets.length - 1 - slot, count);
    return bucket.upper < 0 && bucket.upper > -zeroThreshold ? { ...bucket, upper: -zeroThreshold } : bucket;
  }
  const zero = histogram.zeroCount > 0 ? 1 : 0;
  const position = slot - negativeBuckets.length - zero;
  if (position < 0) return zeroBucket(histogram);
  const bucket = positiveBucket(histogram, position, count);
  return bucket.lower > 0 && bucket.lower < zeroThreshold ? { ...bucket, lower: zeroThreshold } : bucket;
}

/** The zero bucket of an exponential histogram, closed at both ends. */
export function zeroBucket(histogram: Histogram): HistogramBucket {
  return {
    lower: -histogram.zeroThreshold,
    upper: histogram.zeroThreshold,
    lowerInclusive: true,
    upperInclusive: true,
    count: histogram.zeroCount,
  };
}

/** Bucket `position` of the positive side, its bounds uncut. */
export function positiveBucket(histogram: Histogram, position: number, count: number): HistogramBucket {
  const index = indexAt(histogram.positiveSpans, position);
  const lower = bucketBound(histogram, index - 1);
  const upper = bucketBound(histogram, index);
  const custom = usesCustomBuckets(histogram);
  return {
    lower,
    upper,
    lowerInclusive: custom ? index === 0 : lower < 0,
    upperInclusive: custom || upper > 0,
    count,
  };
}

/** Bucket `position` of the negative side, its bounds uncut. */
export function negativeBucket(histogram: Histogram, position: number, count: number): HistogramBucket {
  const index = indexAt(histogram.negativeSpans, position);
  const lower = -bucketBound(histogram, index);
  const upper = -bucketBound(histogram, index - 1);
  return { lower, upper, lowerInclusive: lower < 0, upperInclusive: upper > 0, count };
}

// Index of the bucket whose count stands at `position`.
function indexAt(spans: readonly Span[], position: number): number {
  let index = 0;
  let before = 0;
  for (const span of spans) {
    index += span.offset;
    if (position < before + span.length) return index + position - before;
    before += span.length;
    index += span.length;
  }
  throw new RangeError(`no bucket ${position} in spans of ${before}`);
}
