import { formatFloat, histogramBuckets, labelsToRecord, type Histogram } from "../../../src/model/index.ts";
import type { QueryValue } from "../../../src/promql/index.ts";

// Query results in the shape of the HTTP API (spec API-27 to API-32), which the recorded answers have.

type Stamped<Value> = readonly [number, Value];

interface Element {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: Stamped<string>;
  readonly histogram?: Stamped<object>;
  readonly values?: readonly Stamped<string>[];
  readonly histograms?: readonly Stamped<object>[];
}

export interface EncodedData {
  readonly resultType: string;
  readonly result: readonly Element[] | Stamped<string>;
}

export function encodeValue(value: QueryValue): EncodedData {
  switch (value.kind) {
    case "scalar":
      return { resultType: "scalar", result: [value.time / 1000, formatFloat(value.value)] };
    case "string":
      return { resultType: "string", result: [value.time / 1000, value.value] };
    case "vector":
      return {
        resultType: "vector",
        result: value.labels.map((labels, index) => {
          const metric = labelsToRecord(labels);
          const histogram = value.histograms?.[index];
          const seconds = value.time / 1000;
          return histogram === undefined
            ? { metric, value: [seconds, formatFloat(value.values[index]!)] }
            : { metric, histogram: [seconds, encodeHistogram(histogram)] };
        }),
      };
    case "matrix":
      return { resultType: "matrix", result: value.series.map(encodeSeries) };
  }
}

type MatrixSeries = Extract<QueryValue, { kind: "matrix" }>["series"][number];

function encodeSeries({ labels, count, times, values, histograms }: MatrixSeries): Element {
  const floats: Stamped<string>[] = [];
  const objects: Stamped<object>[] = [];
  for (let point = 0; point < count; point++) {
    const seconds = times[point]! / 1000;
    const histogram = histograms?.[point];
    if (histogram === undefined) floats.push([seconds, formatFloat(values[point]!)]);
    else objects.push([seconds, encodeHistogram(histogram)]);
  }
  return {
    metric: labelsToRecord(labels),
    ...(floats.length > 0 ? { values: floats } : {}),
    ...(objects.length > 0 ? { histograms: objects } : {}),
  };
}

function encodeHistogram(histogram: Histogram): object {
  const buckets = histogramBuckets(histogram).map((bucket) => [
    boundaryRule(bucket.lowerInclusive, bucket.upperInclusive),
    formatFloat(bucket.lower),
    formatFloat(bucket.upper),
    formatFloat(bucket.count),
  ]);
  const totals = { count: formatFloat(histogram.count), sum: formatFloat(histogram.sum) };
  return buckets.length === 0 ? totals : { ...totals, buckets };
}

function boundaryRule(lowerInclusive: boolean, upperInclusive: boolean): number {
  if (lowerInclusive) return upperInclusive ? 3 : 1;
  return upperInclusive ? 0 : 2;
}
