import { bucketAt, countAt, slotCount, type HistogramBucket } from "./buckets.ts";
import { usesCustomBuckets, type Histogram } from "./histogram.ts";

/** A quantile or fraction with what the user should be told about observations that were NaN. */
export interface NativeResult {
  readonly value: number;
  /**
   * "result": the quantile lies among the NaN observations (ANN-19). "skewed": NaN observations push it up (ANN-20).
   * "excluded": they are in no fraction (ANN-21). "none": there are none to be seen.
   */
  readonly nanObservations: "none" | "result" | "skewed" | "excluded";
}

const NO_BUCKET: HistogramBucket = {
  lower: 0,
  upper: 0,
  lowerInclusive: false,
  upperInclusive: false,
  count: 0,
};

/**
 * Quantile `q` of a native histogram: linear within the zero bucket and custom buckets, else exponential.
 * Source: Prometheus promql, HistogramQuantile; spec FN-51a, d, e, f.
 */
export function histogramQuantile(q: number, histogram: Histogram): NativeResult {
  if (q < 0) return plain(-Infinity);
  if (q > 1) return plain(Infinity);
  if (histogram.count === 0 || Number.isNaN(q)) return plain(NaN);
  // NaN observations are in the count but in no bucket, as if above all others: so count from below.
  const sumIsNaN = Number.isNaN(histogram.sum);
  const upward = sumIsNaN || q < 0.5;
  const rank = (upward ? q : 1 - q) * histogram.count;
  const found = findRank(histogram, rank, upward);
  const custom = usesCustomBuckets(histogram);
  const bucket = custom ? found.bucket : cutAtZero(histogram, found.bucket);
  if (custom) {
    if (bucket.lower === -Infinity && bucket.upper <= 0) return plain(bucket.upper);
    if (bucket.lower !== -Infinity && bucket.upper === Infinity) return plain(bucket.lower);
  }
  const count = Math.min(found.count, histogram.count);
  if (count < rank) return sumIsNaN ? { value: NaN, nanObservations: "result" } : plain(bucket.upper);
  const inBucket = upward ? rank - (count - bucket.count) : count - rank;
  if (sumIsNaN)
    return amongNaN(histogram, { bucket: fromZero(bucket, custom), slot: found.slot }, { count, inBucket });
  return plain(interpolate(histogram, fromZero(bucket, custom), inBucket / bucket.count));
}

// With a sum of NaN upstream looks through the buckets above for NaN observations and then takes the last one for the
// bucket found. Answers have to agree, so we do the same.
function amongNaN(
  histogram: Histogram,
  found: { readonly bucket: HistogramBucket; readonly slot: number },
  { count, inBucket }: { readonly count: number; readonly inBucket: number },
): NativeResult {
  const last = slotCount(histogram) - 1;
  const bucket = found.slot < last ? bucketAt(histogram, last) : found.bucket;
  const skewed = count + countFrom(histogram, found.slot + 1) < histogram.count;
  return {
    value: interpolate(histogram, bucket, inBucket / bucket.count),
    nanObservations: skewed ? "skewed" : "none",
  };
}

// A first custom bucket that ends above 0 is taken to begin there.
function fromZero(bucket: HistogramBucket, custom: boolean): HistogramBucket {
  return custom && bucket.lower === -Infinity ? { ...bucket, lower: 0 } : bucket;
}

/**
 * Fraction of observations between `lower` and `upper`; interpolation as for quantiles.
 * Source: Prometheus promql, HistogramFraction; spec FN-52.
 */
export function histogramFraction(lower: number, upper: number, histogram: Histogram): NativeResult {
  if (histogram.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return plain(NaN);
  if (lower >= upper) return plain(0);
  const inBuckets = countFrom(histogram, 0);
  const sumIsNaN = Number.isNaN(histogram.sum);
  const count = sumIsNaN ? inBuckets : histogram.count;
  const fraction = (rankOf(histogram, upper, count) - rankOf(histogram, lower, count)) / histogram.count;
  const excluded = sumIsNaN && inBuckets < histogram.count;
  return { value: fraction, nanObservations: excluded ? "excluded" : "none" };
}

/** Fraction of a bucket with finite bounds that lies below `value`, which is strictly inside. */
export function fractionBelow(
  bucket: { lower: number; upper: number },
  value: number,
  linear: boolean,
): number {
  if (linear) return (value - bucket.lower) / (bucket.upper - bucket.lower);
  const logLower = Math.log2(Math.abs(bucket.lower));
  const logUpper = Math.log2(Math.abs(bucket.upper));
  const logValue = Math.log2(Math.abs(value));
  if (value > 0) return (logValue - logLower) / (logUpper - logLower);
  return 1 - (logValue - logUpper) / (logLower - logUpper);
}

// The first populated bucket, counted from below or above, at which `rank` is reached; else the last one.
function findRank(
  histogram: Histogram,
  rank: number,
  upward: boolean,
): { bucket: HistogramBucket; slot: number; count: number } {
  const slots = slotCount(histogram);
  let count = 0;
  let found = -1;
  for (let step = 0; step < slots; step++) {
    const slot = upward ? step : slots - 1 - step;
    const here = countAt(histogram, slot);
    if (here === 0) continue;
    found = slot;
    count += here;
    if (count >= rank) break;
  }
  return { bucket: found === -1 ? NO_BUCKET : bucketAt(histogram, found), slot: found, count };
}

function interpolate(histogram: Histogram, bucket: HistogramBucket, fraction: number): number {
  const { lower, upper } = bucket;
  if (usesCustomBuckets(histogram) || (lower <= 0 && upper >= 0)) return lower + (upper - lower) * fraction;
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  if (lower > 0) return 2 ** (logLower + (logUpper - logLower) * fraction);
  return -(2 ** (logUpper + (logLower - logUpper) * (1 - fraction)));
}

// A bucket around zero beside buckets of one sign only holds observations of that sign.
function cutAtZero(histogram: Histogram, bucket: HistogramBucket): HistogramBucket {
  if (bucket.lower > 0 || bucket.upper < 0) return bucket;
  const hasNegative = histogram.negativeBuckets.length > 0;
  const hasPositive = histogram.positiveBuckets.length > 0;
  if (hasPositive && !hasNegative) return { ...bucket, lower: 0 };
  return hasNegative && !hasPositive ? { ...bucket, upper: 0 } : bucket;
}

// How many observations lie below `value`, at most `count`.
function rankOf(histogram: Histogram, value: number, count: number): number {
  const custom = usesCustomBuckets(histogram);
  const slots = slotCount(histogram);
  let rank = 0;
  for (let slot = 0; slot < slots; slot++) {
    const here = countAt(histogram, slot);
    if (here === 0) continue;
    const whole = bucketAt(histogram, slot);
    const bucket = cutAtZero(histogram, whole);
    if (bucket.lower >= value) return Math.min(rank, count);
    if (bucket.upper > value) {
      // Below a bucket without a lower end nothing can be known: all of it counts.
      const linear = custom || (whole.lower <= 0 && whole.upper >= 0);
      const inside =
        linear && bucket.lower === -Infinity ? here : rank + here * fractionBelow(bucket, value, linear);
      return Math.min(inside, count);
    }
    rank += here;
  }
  return count;
}

function countFrom(histogram: Histogram, firstSlot: number): number {
  const slots = slotCount(histogram);
  let count = 0;
  for (let slot = firstSlot; slot < slots; slot++) count += countAt(histogram, slot);
  return count;
}

function plain(value: number): NativeResult {
  return { value, nanObservations: "none" };
}
