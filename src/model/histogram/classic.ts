/** Buckets of a classic histogram as columns: bounds ascend and are unique; counts are cumulative. */
export interface ClassicBuckets {
  readonly bounds: Float64Array;
  readonly counts: Float64Array;
}

/** A quantile of a classic histogram; the last four say how counts that fell were levelled (ANN-14). */
export interface ClassicQuantile {
  readonly value: number;
  readonly forcedMonotonic: boolean;
  readonly boundMin: number; // +Inf when nothing was levelled.
  readonly boundMax: number; // -Inf when nothing was levelled.
  readonly differenceMax: number;
}

/** Counts that differ by less of their sum than this differ by rounding only. */
const ROUNDING_TOLERANCE = 1e-12;
const NORMAL_MIN = 2 ** -1022;

/** Sorts buckets given in any order and adds up those with equal bounds. No bound may be NaN. */
export function mergeClassicBuckets(bounds: readonly number[], counts: readonly number[]): ClassicBuckets {
  const order = Array.from(bounds.keys()).toSorted((a, b) => compareNumbers(bounds[a]!, bounds[b]!));
  const mergedBounds: number[] = [];
  const mergedCounts: number[] = [];
  for (const i of order) {
    const last = mergedBounds.length - 1;
    if (mergedBounds[last] === bounds[i]) mergedCounts[last]! += counts[i]!;
    else {
      mergedBounds.push(bounds[i]!);
      mergedCounts.push(counts[i]!);
    }
  }
  return { bounds: Float64Array.from(mergedBounds), counts: Float64Array.from(mergedCounts) };
}

/**
 * Quantile `q` of a classic histogram; there is at least one bucket. Counts that fall are levelled in place.
 * Source: Prometheus promql, BucketQuantile; spec FN-51a, b, c.
 */
export function classicQuantile(q: number, buckets: ClassicBuckets): ClassicQuantile {
  const { bounds, counts } = buckets;
  const last = bounds.length - 1;
  if (Number.isNaN(q)) return unlevelled(NaN);
  if (q < 0) return unlevelled(-Infinity);
  if (q > 1) return unlevelled(Infinity);
  if (bounds[last] !== Infinity) return unlevelled(NaN);
  const levelled = levelCounts(buckets);
  const total = counts[last]!;
  if (last < 1 || total === 0) return { ...levelled, value: NaN };
  return { ...levelled, value: valueAtRank(bounds, counts, q * total) };
}

/**
 * Fraction of the observations of a classic histogram between `lower` and `upper`; there is at least one bucket.
 * Source: Prometheus promql, BucketFraction; spec FN-52.
 */
export function classicFraction(lower: number, upper: number, buckets: ClassicBuckets): number {
  const { bounds, counts } = buckets;
  const total = counts[bounds.length - 1]!;
  if (bounds[bounds.length - 1] !== Infinity) return NaN;
  if (total === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return NaN;
  if (lower >= upper) return 0;
  return (rankOf(buckets, upper, total) - rankOf(buckets, lower, total)) / total;
}

function valueAtRank(bounds: Float64Array, counts: Float64Array, rank: number): number {
  const last = bounds.length - 1;
  const bucket = firstReaching(counts, last, rank);
  if (bucket === last) return bounds[last - 1]!;
  const upper = bounds[bucket]!;
  if (bucket === 0 && upper <= 0) return upper;
  const lower = bucket === 0 ? 0 : bounds[bucket - 1]!;
  const before = bucket === 0 ? 0 : counts[bucket - 1]!;
  return lower + (upper - lower) * ((rank - before) / (counts[bucket]! - before));
}

// First of the buckets below `end` whose count is at least `rank`, else `end`. A binary search like upstream's, so
// that counts of NaN lead to the same bucket.
function firstReaching(counts: Float64Array, end: number, rank: number): number {
  let from = 0;
  let to = end;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (counts[middle]! >= rank) to = middle;
    else from = middle + 1;
  }
  return from;
}

// Makes the counts ascend: first silently over rounding errors, then by force.
function levelCounts(buckets: ClassicBuckets): Omit<ClassicQuantile, "value"> {
  const { bounds, counts } = buckets;
  let forcedMonotonic = false;
  let boundMin = Infinity;
  let boundMax = -Infinity;
  let differenceMax = 0;
  let previous = counts[0]!;
  for (let i = 1; i < counts.length; i++) {
    const count = counts[i]!;
    if (count === previous) continue;
    if (differOnlyByRounding(previous, count)) {
      counts[i] = previous;
    } else if (count < previous) {
      counts[i] = previous;
      forcedMonotonic = true;
      boundMin = Math.min(boundMin, bounds[i]!);
      boundMax = Math.max(boundMax, bounds[i]!);
      differenceMax = Math.max(differenceMax, previous - count);
    } else {
      previous = count;
    }
  }
  return { forcedMonotonic, boundMin, boundMax, differenceMax };
}

function differOnlyByRounding(a: number, b: number): boolean {
  if (Number.isNaN(a) && Number.isNaN(b)) return true;
  const difference = Math.abs(a - b);
  const size = Math.abs(a) + Math.abs(b);
  if (a === 0 || b === 0 || size < NORMAL_MIN) return difference < ROUNDING_TOLERANCE * NORMAL_MIN;
  return difference / Math.min(size, Number.MAX_VALUE) < ROUNDING_TOLERANCE;
}

// How many observations lie below `value`, at most `total`.
function rankOf(buckets: ClassicBuckets, value: number, total: number): number {
  const { bounds, counts } = buckets;
  let rank = 0;
  let lower = bounds[0]! > 0 ? 0 : -Infinity;
  for (let i = 0; i < bounds.length; i++) {
    const upper = bounds[i]!;
    const count = counts[i]!;
    if (lower >= value) return Math.min(rank, total);
    if (upper > value) {
      // In a bucket without a lower end nothing can be known: all of it counts.
      const inside =
        lower === -Infinity ? count : rank + ((count - rank) * (value - lower)) / (upper - lower);
      return Math.min(inside, total);
    }
    rank = count;
    lower = upper;
  }
  return total;
}

function unlevelled(value: number): ClassicQuantile {
  return { value, forcedMonotonic: false, boundMin: Infinity, boundMax: -Infinity, differenceMax: 0 };
}

function compareNumbers(a: number, b: number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
