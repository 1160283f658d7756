import { NarthexError } from "../base/index.ts";
import { reduceHistogram, usesCustomBuckets, type Histogram } from "../model/index.ts";

const SCHEMA_MIN = -4;
const SCHEMA_MAX = 8;

/** How fine a job lets native histograms be. */
export interface BucketRules {
  readonly bucketLimit: number; // 0: none.
  /** Smallest factor from one bucket to the next; at most 1: any. */
  readonly minBucketFactor: number;
}

/** A native histogram that has more buckets than `native_histogram_bucket_limit` at the lowest resolution (LIM-7). */
export class BucketLimitError extends NarthexError {
  override readonly name = "BucketLimitError";
  readonly errorType = "bad_data";
  readonly slot: number;
  constructor(slot: number) {
    super("histogram bucket limit exceeded");
    this.slot = slot;
  }
}

/** The histograms in the resolution that the rules allow; the very map when all have it (LIM-7, LIM-8). */
export function fitHistograms(
  histograms: ReadonlyMap<number, Histogram>,
  rules: BucketRules,
): ReadonlyMap<number, Histogram> | BucketLimitError {
  const schemaMax = highestSchema(rules.minBucketFactor);
  if (rules.bucketLimit === 0 && schemaMax === SCHEMA_MAX) return histograms;
  const fitted = new Map<number, Histogram>();
  for (const [slot, histogram] of histograms) {
    const fit = fitOne(histogram, rules.bucketLimit, schemaMax);
    if (fit === undefined) return new BucketLimitError(slot);
    fitted.set(slot, fit);
  }
  return fitted;
}

function fitOne(histogram: Histogram, limit: number, schemaMax: number): Histogram | undefined {
  let fit = histogram;
  const isExponential = !usesCustomBuckets(histogram);
  const bucketsMax = limit === 0 ? Infinity : limit;
  for (; bucketCount(fit) > bucketsMax; fit = reduceHistogram(fit, fit.schema - 1)) {
    if (!isExponential || fit.schema <= SCHEMA_MIN) return undefined;
  }
  return isExponential ? reduceHistogram(fit, schemaMax) : fit;
}

function bucketCount({ positiveBuckets, negativeBuckets }: Histogram): number {
  return positiveBuckets.length + negativeBuckets.length;
}

function highestSchema(factor: number): number {
  if (!(factor > 1)) return SCHEMA_MAX;
  const schema = Math.floor(-Math.log2(Math.log2(factor)));
  return Math.max(SCHEMA_MIN, Math.min(SCHEMA_MAX, schema));
}
