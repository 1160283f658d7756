import type { HistogramJson } from "../client.ts";

/** `name{a="1", b="2"}`; just the braces when there is no name. As promtool prints a metric. */
export function metricText(metric: Readonly<Record<string, string>>): string {
  const name = metric["__name__"] ?? "";
  const labels = labelPairs(metric).filter((pair) => !pair.startsWith("__name__="));
  return labels.length === 0 && name !== "" ? name : `${name}{${labels.join(", ")}}`;
}

/** `{__name__="up", job="x"}`: the name as an ordinary label. */
export function labelSetText(metric: Readonly<Record<string, string>>): string {
  return `{${labelPairs(metric).join(", ")}}`;
}

function labelPairs(metric: Readonly<Record<string, string>>): string[] {
  return Object.entries(metric)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`);
}

const OPEN = ["(", "[", "(", "["];
const CLOSE = ["]", ")", ")", "]"];

/** `{count:3, sum:6, (0.5,1]:2, …}`. */
export function histogramText(histogram: HistogramJson): string {
  const buckets = (histogram.buckets ?? []).map(
    ([kind, lower, upper, count]) => `${OPEN[kind]}${lower},${upper}${CLOSE[kind]}:${count}`,
  );
  return `{${[`count:${histogram.count}`, `sum:${histogram.sum}`, ...buckets].join(", ")}}`;
}
