import protobuf from "protobufjs/light.js";
import type { Histogram, Millis } from "../model/index.ts";
import { labelMessages, METRIC_FAMILY } from "./messages.ts";

/** A bucket of a classic histogram. */
export interface ClassicBucket {
  readonly upperBound: number; // Finite; the bucket without a bound is left out, as the format allows.
  readonly cumulativeCount: number;
}

/** What one metric of a family holds. */
export type MetricValue =
  | { readonly kind: "untyped"; readonly value: number }
  | { readonly kind: "native"; readonly histogram: Histogram }
  | {
      readonly kind: "classic";
      readonly count: number;
      readonly sum: number;
      readonly buckets: readonly ClassicBucket[];
    };

export interface Metric {
  /** Names and values in turn, in the order in which they are to be written. */
  readonly labels: readonly string[];
  readonly time: Millis;
  readonly value: MetricValue;
}

/** Metrics of one name. */
export interface MetricFamily {
  readonly name: string;
  readonly type: "untyped" | "histogram" | "gauge_histogram";
  readonly metrics: Iterable<Metric>; // Read once.
}

const CHUNK_BYTES = 64 * 1024; // A chunk holds more only for a family that is larger.

const TYPES: Readonly<Record<MetricFamily["type"], number>> = {
  untyped: 3,
  histogram: 4,
  gauge_histogram: 5,
};

/**
 * Metric families in the delimited protobuf format, each with its length before it, in chunks that belong to the caller.
 * Counts are written as floats. Source: spec PB-1, PB-2.
 */
export function* encodeMetricFamilies(families: Iterable<MetricFamily>): Generator<Uint8Array, void> {
  let writer = protobuf.Writer.create();
  for (const { name, type, metrics } of families) {
    writer.fork();
    METRIC_FAMILY.encode({ name, type: TYPES[type] }, writer);
    // One by one: a family can hold a metric of every target.
    for (const metric of metrics) METRIC_FAMILY.encode({ metric: [metricMessage(metric)] }, writer);
    writer.ldelim();
    if (writer.pos < CHUNK_BYTES) continue;
    yield writer.finish();
    writer = protobuf.Writer.create();
  }
  yield writer.finish();
}

function metricMessage({ labels, time, value }: Metric): object {
  const message = { label: labelMessages(labels), timestampMs: time };
  switch (value.kind) {
    case "untyped":
      return { ...message, untyped: { value: value.value } };
    case "native":
      return { ...message, histogram: nativeMessage(value.histogram) };
    case "classic":
      return {
        ...message,
        histogram: {
          sampleCountFloat: value.count,
          sampleSum: value.sum,
          bucket: value.buckets.map(({ upperBound, cumulativeCount }) => {
            return { upperBound, cumulativeCountFloat: cumulativeCount };
          }),
        },
      };
  }
}

function nativeMessage(histogram: Histogram): object {
  return {
    sampleCountFloat: histogram.count,
    sampleSum: histogram.sum,
    schema: histogram.schema,
    zeroThreshold: histogram.zeroThreshold,
    zeroCountFloat: histogram.zeroCount,
    negativeSpan: histogram.negativeSpans,
    negativeCount: histogram.negativeBuckets,
    positiveSpan: histogram.positiveSpans,
    positiveCount: histogram.positiveBuckets,
  };
}
