import { ByteWriter } from "../base/index.ts";
import type { Histogram, Millis } from "../model/index.ts";
import { writeInt64, writeLabel, writeMessage } from "./proto-writer.ts";
import { writeSpan } from "./time-series-encode.ts";

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
  const stream = new ByteWriter(4096);
  const writers: Writers = { metric: new ByteWriter(), part: new ByteWriter(), inner: new ByteWriter() };
  const message = new ByteWriter(4096);
  for (const family of families) {
    message.reset();
    message.u8(0x0a);
    message.text(family.name);
    message.u8(0x18);
    message.u8(TYPES[family.type]);
    for (const metric of family.metrics) {
      writeMetric(writers, metric);
      writeMessage(message, 0x22, writers.metric);
    }
    stream.varint(message.length);
    stream.bytes(message.written());
    if (stream.length < CHUNK_BYTES) continue;
    yield stream.copy();
    stream.reset();
  }
  yield stream.copy();
}

/** Buffers for messages inside messages. */
interface Writers {
  readonly metric: ByteWriter;
  readonly part: ByteWriter;
  readonly inner: ByteWriter;
}

function writeMetric(writers: Writers, { labels, time, value }: Metric): void {
  const { metric, part } = writers;
  metric.reset();
  for (let i = 0; i < labels.length; i += 2) writeLabel(metric, 0x0a, labels[i]!, labels[i + 1]!);
  part.reset();
  if (value.kind === "untyped") {
    writeDouble(part, 0x09, value.value);
    writeMessage(metric, 0x2a, part);
  }
  metric.u8(0x30);
  writeInt64(metric, time);
  if (value.kind === "untyped") return;
  if (value.kind === "native") writeNative(writers, value.histogram);
  else writeClassic(writers, value);
  writeMessage(metric, 0x3a, part);
}

function writeClassic({ part, inner }: Writers, value: MetricValue & { kind: "classic" }): void {
  writeDouble(part, 0x11, value.sum);
  for (const { upperBound, cumulativeCount } of value.buckets) {
    inner.reset();
    writeDouble(inner, 0x11, upperBound);
    writeDouble(inner, 0x21, cumulativeCount);
    writeMessage(part, 0x1a, inner);
  }
  writeDouble(part, 0x21, value.count);
}

function writeNative({ part, inner }: Writers, histogram: Histogram): void {
  writeDouble(part, 0x11, histogram.sum);
  writeDouble(part, 0x21, histogram.count);
  part.u8(0x28);
  part.zigzag(histogram.schema);
  writeDouble(part, 0x31, histogram.zeroThreshold);
  writeDouble(part, 0x41, histogram.zeroCount);
  for (const span of histogram.negativeSpans) writeSpan(part, 0x4a, span, inner);
  for (const count of histogram.negativeBuckets) writeDouble(part, 0x59, count);
  for (const span of histogram.positiveSpans) writeSpan(part, 0x62, span, inner);
  for (const count of histogram.positiveBuckets) writeDouble(part, 0x71, count);
}

function writeDouble(part: ByteWriter, tag: number, value: number): void {
  part.u8(tag);
  part.f64(value);
}
