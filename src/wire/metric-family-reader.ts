import type { Span } from "../model/index.ts";
import { WireError } from "./errors.ts";
import { readSpan } from "./histogram-reader.ts";
import { ProtoReader } from "./proto-reader.ts";

/** An exemplar; its labels are positions, four numbers each: name from, name to, value from, value to. */
export interface SentExemplar {
  readonly labels: readonly number[];
  readonly value: number;
  readonly time: number | undefined; // Millis.
}

/** Native buckets of one side: integer counts as differences, float counts as they are. */
export interface SentBuckets {
  readonly spans: Span[];
  readonly deltas: number[];
  readonly counts: number[];
}

/** One metric of a family. What its message does not hold is 0, empty or undefined. */
export interface SentMetric {
  /** Positions, four numbers a label: name from, name to, value from, value to. */
  readonly labels: number[];
  value: number; // Of a counter, gauge or untyped metric.
  time: number; // Millis; 0: none.
  start: number | undefined; // Millis; since when it counts.
  count: number; // Of a summary or histogram: the float count where there is one.
  sum: number;
  /** Quantiles of a summary or upper bounds of a histogram, */
  readonly bounds: number[];
  /** and their values or cumulative counts. */
  readonly boundValues: number[];
  /** By bound. */
  readonly boundExemplars: (SentExemplar | undefined)[];
  /** Of a counter, or of a native histogram as a whole. */
  readonly exemplars: SentExemplar[];
  schema: number;
  zeroThreshold: number;
  zeroCount: number; // The float one where there is one.
  hasFloatCounts: boolean;
  readonly positive: SentBuckets;
  readonly negative: SentBuckets;
}

/**
 * Walks through metric families in the delimited protobuf format, each with its length before it. Gives positions in
 * the bytes instead of texts; nothing is checked but the encoding. Source: spec PB-1, PB-2.
 */
export class MetricFamilyReader {
  readonly bytes: Uint8Array;
  readonly #reader: ProtoReader;
  readonly #metricSpans: number[] = []; // From and to of each metric's message.
  #metricIndex = 0;
  /** Positions of the family's texts. */
  nameFrom = 0;
  nameTo = 0;
  helpFrom = 0;
  helpTo = 0;
  unitFrom = 0;
  unitTo = 0;
  /** Number of the family's type as sent; 0, a counter, when it was not. */
  type = 0;
  /** The metric that was read last; used again for the next one. */
  readonly metric: SentMetric = {
    labels: [],
    value: 0,
    time: 0,
    start: undefined,
    count: 0,
    sum: 0,
    bounds: [],
    boundValues: [],
    boundExemplars: [],
    exemplars: [],
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    hasFloatCounts: false,
    positive: { spans: [], deltas: [], counts: [] },
    negative: { spans: [], deltas: [], counts: [] },
  };

  constructor(bytes: Uint8Array) {
    // Pieces of a Buffer cost several times those of a plain array.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#reader = new ProtoReader(this.bytes);
  }

  /** How many metrics the family has. */
  get metricCount(): number {
    return this.#metricSpans.length / 2;
  }

  /** Goes on to the next family; false at the end. @throws WireError */
  nextFamily(): boolean {
    const reader = this.#reader;
    const from = reader.at;
    if (from >= this.bytes.length) return false;
    reader.end = this.bytes.length;
    const size = reader.uint32();
    const got = this.bytes.length - from;
    const expected = reader.at - from + size;
    if (expected > got) {
      throw new WireError(
        `insufficient length of buffer, expected at least ${expected} bytes, got ${got} bytes`,
      );
    }
    reader.end = reader.at + size;
    this.#readFamily();
    return true;
  }

  /** Reads the family's next metric into `metric`; false at the end. @throws WireError */
  nextMetric(): boolean {
    const index = this.#metricIndex++;
    if (index >= this.metricCount) return false;
    const reader = this.#reader;
    const { at, end } = reader;
    reader.at = this.#metricSpans[2 * index]!;
    reader.end = this.#metricSpans[2 * index + 1]!;
    clearMetric(this.metric);
    while (reader.hasMore) readMetricField(reader, reader.tag(), this.metric);
    reader.at = at;
    reader.end = end;
    return true;
  }

  #readFamily(): void {
    const reader = this.#reader;
    this.nameFrom = this.nameTo = this.helpFrom = this.helpTo = this.unitFrom = this.unitTo = 0;
    this.type = 0;
    this.#metricSpans.length = 0;
    this.#metricIndex = 0;
    while (reader.hasMore) {
      const tag = reader.tag();
      if (tag === 0x18) {
        this.type = reader.uint32();
        continue;
      }
      if (tag !== 0x0a && tag !== 0x12 && tag !== 0x22 && tag !== 0x2a) {
        reader.skip(tag);
        continue;
      }
      const outerEnd = reader.enter();
      if (tag === 0x22) this.#metricSpans.push(reader.at, reader.end);
      else this.#setText(tag, reader.at, reader.end);
      reader.leave(outerEnd);
    }
  }

  #setText(tag: number, from: number, to: number): void {
    if (tag === 0x0a) {
      this.nameFrom = from;
      this.nameTo = to;
    } else if (tag === 0x12) {
      this.helpFrom = from;
      this.helpTo = to;
    } else {
      this.unitFrom = from;
      this.unitTo = to;
    }
  }
}

function clearMetric(metric: SentMetric): void {
  metric.labels.length = 0;
  metric.value = metric.time = metric.count = metric.sum = 0;
  metric.start = undefined;
  if (metric.bounds.length > 0) metric.bounds.length = metric.boundValues.length = 0;
  if (metric.boundExemplars.length > 0) metric.boundExemplars.length = 0;
  if (metric.exemplars.length > 0) metric.exemplars.length = 0;
  metric.schema = metric.zeroThreshold = metric.zeroCount = 0;
  metric.hasFloatCounts = false;
  clearBuckets(metric.positive);
  clearBuckets(metric.negative);
}

function clearBuckets({ spans, deltas, counts }: SentBuckets): void {
  if (spans.length > 0) spans.length = 0;
  if (deltas.length > 0) deltas.length = 0;
  if (counts.length > 0) counts.length = 0;
}

function readMetricField(reader: ProtoReader, tag: number, metric: SentMetric): void {
  if (tag === 0x30) {
    metric.time = reader.int64();
    return;
  }
  if (tag !== 0x0a && tag !== 0x12 && tag !== 0x1a && tag !== 0x22 && tag !== 0x2a && tag !== 0x3a) {
    reader.skip(tag);
    return;
  }
  const outerEnd = reader.enter();
  if (tag === 0x0a) readLabel(reader, metric.labels);
  else if (tag === 0x22) readSummary(reader, metric);
  else if (tag === 0x3a) readClassicHistogram(reader, metric);
  else readNumber(reader, metric);
  reader.leave(outerEnd);
}

function readLabel(reader: ProtoReader, labels: number[]): void {
  let nameFrom = 0;
  let nameTo = 0;
  let valueFrom = 0;
  let valueTo = 0;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag !== 0x0a && tag !== 0x12) {
      reader.skip(tag);
      continue;
    }
    const outerEnd = reader.enter();
    if (tag === 0x0a) {
      nameFrom = reader.at;
      nameTo = reader.end;
    } else {
      valueFrom = reader.at;
      valueTo = reader.end;
    }
    reader.leave(outerEnd);
  }
  labels.push(nameFrom, nameTo, valueFrom, valueTo);
}

// A gauge, counter or untyped value: all have it in field 1, and only counters have more.
function readNumber(reader: ProtoReader, metric: SentMetric): void {
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === 0x09) metric.value = reader.double();
    else if (tag === 0x12) metric.exemplars.push(readExemplar(reader));
    else if (tag === 0x1a) metric.start = readTimestamp(reader);
    else reader.skip(tag);
  }
}

function readSummary(reader: ProtoReader, metric: SentMetric): void {
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === 0x08) metric.count = reader.uint64();
    else if (tag === 0x11) metric.sum = reader.double();
    else if (tag === 0x1a) readQuantile(reader, metric);
    else if (tag === 0x22) metric.start = readTimestamp(reader);
    else reader.skip(tag);
  }
}

function readQuantile(reader: ProtoReader, metric: SentMetric): void {
  let quantile = 0;
  let value = 0;
  const outerEnd = reader.enter();
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === 0x09) quantile = reader.double();
    else if (tag === 0x11) value = reader.double();
    else reader.skip(tag);
  }
  reader.leave(outerEnd);
  metric.bounds.push(quantile);
  metric.boundValues.push(value);
}

function readClassicHistogram(reader: ProtoReader, metric: SentMetric): void {
  while (reader.hasMore) {
    const tag = reader.tag();
    switch (tag) {
      case 0x08:
        if (!metric.hasFloatCounts) metric.count = reader.uint64();
        else reader.skip(tag);
        break;
      case 0x11:
        metric.sum = reader.double();
        break;
      case 0x1a:
        readBucket(reader, metric);
        break;
      case 0x21: {
        const count = reader.double();
        if (count > 0) {
          metric.count = count;
          metric.hasFloatCounts = true;
        }
        break;
      }
      default:
        readNativeField(reader, tag, metric);
    }
  }
}

function readNativeField(reader: ProtoReader, tag: number, metric: SentMetric): void {
  const { positive, negative } = metric;
  switch (tag) {
    case 0x28:
      metric.schema = reader.sint32();
      return;
    case 0x31:
      metric.zeroThreshold = reader.double();
      return;
    case 0x38: {
      const count = reader.uint64();
      if (count > 0) metric.zeroCount = count;
      return;
    }
    case 0x41: {
      const count = reader.double();
      if (count > 0) {
        metric.zeroCount = count;
        metric.hasFloatCounts = true;
      }
      return;
    }
    case 0x4a:
      negative.spans.push(readSpan(reader));
      return;
    case 0x50:
    case 0x52:
      reader.repeated(tag, () => negative.deltas.push(reader.sint64()));
      return;
    case 0x59:
    case 0x5a:
      reader.repeated(tag, () => negative.counts.push(reader.double()));
      return;
    case 0x62:
      positive.spans.push(readSpan(reader));
      return;
    case 0x68:
    case 0x6a:
      reader.repeated(tag, () => positive.deltas.push(reader.sint64()));
      return;
    case 0x71:
    case 0x72:
      reader.repeated(tag, () => positive.counts.push(reader.double()));
      return;
    case 0x7a:
      metric.start = readTimestamp(reader);
      return;
    case 0x82:
      metric.exemplars.push(readExemplar(reader));
      return;
    default:
      reader.skip(tag);
  }
}

function readBucket(reader: ProtoReader, metric: SentMetric): void {
  let bound = 0;
  let count = 0;
  let floatCount = 0;
  let exemplar: SentExemplar | undefined;
  const outerEnd = reader.enter();
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === 0x08) count = reader.uint64();
    else if (tag === 0x11) bound = reader.double();
    else if (tag === 0x1a) exemplar = readExemplar(reader);
    else if (tag === 0x21) floatCount = reader.double();
    else reader.skip(tag);
  }
  reader.leave(outerEnd);
  metric.bounds.push(bound);
  metric.boundValues.push(floatCount > 0 ? floatCount : count);
  metric.boundExemplars.push(exemplar);
}

function readExemplar(reader: ProtoReader): SentExemplar {
  const labels: number[] = [];
  let value = 0;
  let time: number | undefined;
  const outerEnd = reader.enter();
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === 0x0a) {
      const exemplarEnd = reader.enter();
      readLabel(reader, labels);
      reader.leave(exemplarEnd);
    } else if (tag === 0x11) value = reader.double();
    else if (tag === 0x1a) time = readTimestamp(reader);
    else reader.skip(tag);
  }
  reader.leave(outerEnd);
  return { labels, value, time };
}

// Millis, cut off.
function readTimestamp(reader: ProtoReader): number {
  let seconds = 0;
  let nanos = 0;
  const outerEnd = reader.enter();
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === 0x08) seconds = reader.int64();
    else if (tag === 0x10) nanos = reader.int64();
    else reader.skip(tag);
  }
  reader.leave(outerEnd);
  const time = seconds * 1000 + Math.floor(nanos / 1e6);
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, time));
}
