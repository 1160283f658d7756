import { formatFloat, histogramBuckets, type Histogram, type HistogramBucket } from "../../model/index.ts";

/** A native histogram as answers show it: populated buckets only, every number a string. Source: spec API-30. */
export function histogramJson(histogram: Histogram): string {
  const head = `{"count":"${formatFloat(histogram.count)}","sum":"${formatFloat(histogram.sum)}"`;
  const buckets = histogramBuckets(histogram).map(bucketJson);
  return buckets.length === 0 ? `${head}}` : `${head},"buckets":[${buckets.join(",")}]}`;
}

function bucketJson(bucket: HistogramBucket): string {
  const { lower, upper, count } = bucket;
  return `[${boundaryRule(bucket)},"${formatFloat(lower)}","${formatFloat(upper)}","${formatFloat(count)}"]`;
}

// Which bounds belong to the bucket: 0 the upper, 1 the lower, 2 none, 3 both.
function boundaryRule({ lowerInclusive, upperInclusive }: HistogramBucket): number {
  if (lowerInclusive) return upperInclusive ? 3 : 1;
  return upperInclusive ? 0 : 2;
}
