import { formatFloatG } from "../number-text.ts";
import { negativeBucket, positiveBucket, zeroBucket, type HistogramBucket } from "./buckets.ts";
import { usesCustomBuckets, type Histogram } from "./histogram.ts";

/** `{count:40, sum:40, [-0.001,0.001]:8, (0.5,1]:8}` with the populated buckets ascending. Source: spec NH-12. */
export function histogramText(histogram: Histogram): string {
  const { negativeBuckets, positiveBuckets } = histogram;
  const parts = [`count:${formatFloatG(histogram.count)}`, `sum:${formatFloatG(histogram.sum)}`];
  for (let i = negativeBuckets.length - 1; i >= 0; i--) {
    if (negativeBuckets[i] !== 0) parts.push(bucketText(negativeBucket(histogram, i, negativeBuckets[i]!)));
  }
  if (histogram.zeroCount !== 0 && !usesCustomBuckets(histogram))
    parts.push(bucketText(zeroBucket(histogram)));
  for (let i = 0; i < positiveBuckets.length; i++) {
    if (positiveBuckets[i] !== 0) parts.push(bucketText(positiveBucket(histogram, i, positiveBuckets[i]!)));
  }
  return `{${parts.join(", ")}}`;
}

function bucketText(bucket: HistogramBucket): string {
  const open = bucket.lowerInclusive ? "[" : "(";
  const close = bucket.upperInclusive ? "]" : ")";
  const bounds = `${formatFloatG(bucket.lower)},${formatFloatG(bucket.upper)}`;
  return `${open}${bounds}${close}:${formatFloatG(bucket.count)}`;
}
