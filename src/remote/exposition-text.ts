import { formatFloatG } from "../model/index.ts";
import type { Metric, MetricFamily } from "../wire/index.ts";
import { isLegacyName } from "./name-escaping.ts";

const CHUNK_LENGTH = 64 * 1024;

const TYPES: Readonly<Record<MetricFamily["type"], string>> = {
  untyped: "untyped",
  histogram: "histogram",
  gauge_histogram: "histogram", // The text format has no other word.
};
const UNSAFE = /[\\\n"]/g;
const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", '"': '\\"' };

/**
 * Metric families in the text format 0.0.4, in chunks of UTF-8 that belong to the caller, with quoted names where they are not in the old character set. Native
 * histograms have no form in it and must not be among them. Source: spec FED-3, FED-5.
 */
export function* exposeAsText(families: Iterable<MetricFamily>): Generator<Uint8Array, void> {
  let text = "";
  for (const { name, type, metrics } of families) {
    text += `# TYPE ${isLegacyName(name) ? name : quote(name)} ${TYPES[type]}\n`;
    for (const metric of metrics) {
      text += metricText(name, metric);
      if (text.length < CHUNK_LENGTH) continue;
      yield Buffer.from(text);
      text = "";
    }
  }
  yield Buffer.from(text);
}

function metricText(name: string, { labels, time, value }: Metric): string {
  const line = (suffix: string, number: number, bound?: string): string => {
    const all = bound === undefined ? labels : [...labels, "le", bound];
    return `${seriesText(name + suffix, all)} ${numberText(number)} ${time}\n`;
  };
  switch (value.kind) {
    case "untyped":
      return line("", value.value);
    case "classic": {
      const buckets = value.buckets.map(({ upperBound, cumulativeCount }) => {
        return line("_bucket", cumulativeCount, numberText(upperBound));
      });
      const whole = [
        line("_bucket", value.count, "+Inf"),
        line("_sum", value.sum),
        line("_count", value.count),
      ];
      return [...buckets, ...whole].join("");
    }
    case "native":
      throw new Error("assertion failed: expected no native histogram in the text format");
  }
}

function seriesText(name: string, labels: readonly string[]): string {
  const parts = isLegacyName(name) ? [] : [quote(name)];
  for (let i = 0; i < labels.length; i += 2) {
    const label = labels[i]!;
    parts.push(`${isLegacyName(label) ? label : quote(label)}=${quote(labels[i + 1]!)}`);
  }
  const all = parts.length === 0 ? "" : `{${parts.join(",")}}`;
  return isLegacyName(name) ? name + all : all;
}

function quote(text: string): string {
  return `"${text.replaceAll(UNSAFE, (char) => ESCAPES[char]!)}"`;
}

// A zero has no sign in this format.
function numberText(value: number): string {
  return value === 0 ? "0" : formatFloatG(value);
}
