import {
  CUSTOM_BUCKETS_SCHEMA,
  checkHistogram,
  compactHistogram,
  createHistogram,
} from "../../model/index.ts";
import type { Histogram } from "../../model/index.ts";

/** What is known of one classic histogram. */
export interface ClassicCounts {
  /** Upper bounds in any order, */
  readonly bounds: readonly number[];
  /** and their cumulative counts. */
  readonly counts: readonly number[];
  readonly count: number | undefined;
  readonly sum: number;
}

/**
 * The native histogram with custom buckets that holds the same, or what is wrong with the classic one. Source:
 * Prometheus util/convertnhcb, TempHistogram; spec NH-1 to NH-3.
 */
export function nativeOfClassic(classic: ClassicCounts): Histogram | string {
  const order = classic.bounds.map((_, i) => i).toSorted((a, b) => classic.bounds[a]! - classic.bounds[b]!);
  const bounds: number[] = [];
  const buckets: number[] = [];
  let cumulative = 0;
  for (const i of order) {
    const bound = classic.bounds[i]!;
    const count = classic.counts[i]!;
    if (Number.isNaN(bound)) return "NaN bound of a bucket";
    if (bound === bounds.at(-1)) continue;
    if (Number.isNaN(count)) return "NaN count of a bucket";
    if (count < 0) return `negative count of a bucket: ${count}`;
    if (count < cumulative) return `counts of buckets are not cumulative: ${count} after ${cumulative}`;
    bounds.push(bound);
    buckets.push(count - cumulative);
    cumulative = count;
  }
  const count = classic.count ?? cumulative;
  if (bounds.at(-1) === Infinity) bounds.pop();
  else {
    if (count < cumulative) return `count ${count} is below that of the highest bucket, ${cumulative}`;
    buckets.push(count - cumulative);
    cumulative = count;
  }
  if (!(count >= 0)) return `count is no count: ${count}`;
  if (count !== cumulative) return `count ${count} differs from that of the highest bucket, ${cumulative}`;
  const isWhole = buckets.every(Number.isInteger);
  const histogram = createHistogram({
    schema: CUSTOM_BUCKETS_SCHEMA,
    count,
    sum: classic.sum,
    positiveSpans: [{ offset: 0, length: buckets.length }],
    positiveBuckets: buckets,
    customBounds: bounds,
  });
  return checkHistogram(histogram, isWhole ? "integer" : "float") ?? compactHistogram(histogram);
}
