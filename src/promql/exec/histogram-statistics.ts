import { createHistogram, detectReset, type Histogram } from "../../model/index.ts";

/**
 * Samples of one series reduced to count and sum, for selectors of which nothing else is asked. Resets are still told,
 * by the hints, since without buckets nobody can find them later. Source: Prometheus promql,
 * HistogramStatsIterator; spec NH-11.
 */
export function withoutBuckets(
  histograms: readonly (Histogram | undefined)[],
): readonly (Histogram | undefined)[] {
  let previous: Histogram | undefined;
  return histograms.map((histogram) => {
    if (histogram === undefined || histogram.stale) return histogram;
    const { schema, count, sum } = histogram;
    let { resetHint } = histogram;
    if (resetHint === "unknown" && previous !== undefined) {
      resetHint = detectReset(histogram, previous) ? "reset" : "not_reset";
    }
    previous = histogram;
    return createHistogram({ schema, count, sum, resetHint });
  });
}
