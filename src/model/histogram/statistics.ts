import { nextLost } from "../neumaier.ts";
import { histogramBuckets, type HistogramBucket } from "./buckets.ts";
import { usesCustomBuckets, type Histogram } from "./histogram.ts";

/**
 * Estimated variance of the observations, each taken at the middle of its bucket: arithmetic for custom buckets, 0 for
 * the zero bucket, else geometric. Source: Prometheus promql, histogramVariance; spec FN-36.
 */
export function histogramVariance(histogram: Histogram): number {
  const mean = histogram.sum / histogram.count;
  const custom = usesCustomBuckets(histogram);
  let sum = 0;
  let lost = 0;
  for (const bucket of histogramBuckets(histogram)) {
    const distance = middle(bucket, custom) - mean;
    const added = bucket.count * distance * distance;
    lost = nextLost(sum, lost, added);
    sum += added;
  }
  return (sum + lost) / histogram.count;
}

function middle(bucket: HistogramBucket, custom: boolean): number {
  if (custom) return (bucket.upper + bucket.lower) / 2;
  if (bucket.lower <= 0 && bucket.upper >= 0) return 0;
  const geometric = Math.sqrt(bucket.upper * bucket.lower);
  return bucket.upper < 0 ? -geometric : geometric;
}
