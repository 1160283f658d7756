// `histogram </ bound` and `histogram >/ bound`: observations on one side of a bound. Source: Prometheus
// model/histogram, FloatHistogram.TrimBuckets; spec BIN-17.

import { negativeBucket, positiveBucket, zeroBucket, type HistogramBucket } from "./buckets.ts";
import { compactHistogram } from "./combine.ts";
import { usesCustomBuckets, type Histogram } from "./histogram.ts";
import { fractionBelow } from "./quantile.ts";

export type TrimSide = "below" | "above";

/** What is kept of a bucket, and where its middle is taken to be. */
interface Kept {
  readonly count: number;
  readonly middle: number;
}

const NOTHING: Kept = { count: 0, middle: 0 };

interface Trim {
  readonly bound: number;
  readonly keep: TrimSide;
  readonly custom: boolean;
}

/**
 * The observations at most (`below`) or at least (`above`) `bound`. The bucket around it is split; when anything was cut,
 * count and sum are worked out from what is left and the result is compacted, otherwise it is `histogram` itself.
 */
export function trimHistogram(histogram: Histogram, bound: number, keep: TrimSide): Histogram {
  const trim: Trim = { bound, keep, custom: usesCustomBuckets(histogram) };
  const positive = histogram.positiveBuckets.map((count, i) =>
    keepOfBucket(positiveBucket(histogram, i, count), trim, 1),
  );
  const negative = histogram.negativeBuckets.map((count, i) =>
    keepOfBucket(negativeBucket(histogram, i, count), trim, -1),
  );
  const kept = [...positive, ...negative];
  const before = [...histogram.positiveBuckets, ...histogram.negativeBuckets];
  let { zeroCount } = histogram;
  if (zeroCount > 0) {
    const zero = keepOfZero(histogram, trim);
    zeroCount = zero.count;
    kept.push(zero);
    before.push(histogram.zeroCount);
  }
  if (kept.every(({ count }, i) => count === before[i])) return histogram;
  let count = 0;
  let sum = 0;
  for (const part of kept) {
    count += part.count;
    sum += part.middle * part.count;
  }
  return compactHistogram({
    ...histogram,
    count,
    sum,
    zeroCount,
    positiveBuckets: positive.map((part) => part.count),
    negativeBuckets: negative.map((part) => part.count),
  });
}

function keepOfBucket(bucket: HistogramBucket, trim: Trim, sign: 1 | -1): Kept {
  const { lower, upper, count } = bucket;
  const { bound, keep, custom } = trim;
  if (count === 0) return NOTHING;
  if (keep === "below" ? upper <= bound : lower >= bound)
    return { count, middle: middleOf(lower, upper, sign, custom) };
  if (keep === "below" ? lower >= bound : upper <= bound) return NOTHING;
  if (lower === -Infinity)
    return keep === "below" ? belowInOpenBottom(bucket, bound) : aboveInOpenBottom(bucket, bound);
  // How observations spread towards infinity is unknown: kept whole from its lower end on, else dropped.
  if (upper === Infinity) return keep === "above" && bound > lower ? { count, middle: bound } : NOTHING;
  const below = count * fractionBelow(bucket, bound, custom);
  return keep === "below"
    ? { count: below, middle: middleOf(lower, bound, sign, custom) }
    : { count: count - below, middle: middleOf(bound, upper, sign, custom) };
}

// A first custom bucket is taken to begin at 0 when it ends above 0; else nothing is known about its spread.
function belowInOpenBottom({ upper, count }: HistogramBucket, bound: number): Kept {
  if (bound > 0 && upper > 0 && upper !== Infinity)
    return { count: (count * bound) / upper, middle: bound / 2 };
  return upper <= 0 ? { count, middle: bound } : NOTHING;
}

function aboveInOpenBottom({ upper, count }: HistogramBucket, bound: number): Kept {
  if (bound < 0 || upper === Infinity) return NOTHING;
  return { count: count * (1 - bound / upper), middle: (bound + upper) / 2 };
}

// Spread evenly; beside buckets of one sign only it holds observations of that sign.
function keepOfZero(histogram: Histogram, trim: Trim): Kept {
  const { count, ...bounds } = zeroBucket(histogram);
  const hasPositive = histogram.positiveBuckets.some((bucket) => bucket !== 0);
  const hasNegative = histogram.negativeBuckets.some((bucket) => bucket !== 0);
  const lower = hasPositive && !hasNegative ? 0 : bounds.lower;
  const upper = hasNegative && !hasPositive ? 0 : bounds.upper;
  const { bound, keep } = trim;
  if (keep === "below" ? bound <= lower : bound >= upper && bound > lower) return NOTHING;
  if (keep === "below" ? bound >= upper : bound <= lower) return { count, middle: (lower + upper) / 2 };
  const [from, to] = keep === "below" ? [lower, bound] : [bound, upper];
  return { count: count * ((to - from) / (upper - lower)), middle: (from + to) / 2 };
}

function middleOf(lower: number, upper: number, sign: 1 | -1, custom: boolean): number {
  if (lower === -Infinity) {
    if (upper === Infinity) return 0;
    return upper > 0 ? upper / 2 : upper;
  }
  if (upper === Infinity) return lower;
  return custom ? (lower + upper) / 2 : sign * Math.sqrt(Math.abs(lower * upper));
}
