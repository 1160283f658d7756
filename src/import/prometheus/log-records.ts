/*
 * Records of Prometheus's log: a kind (1 byte), then as below. Fixed numbers are big-endian; a difference is a signed
 * varint.
 *
 * | kind        | content                                                                                        |
 * | ----------- | ---------------------------------------------------------------------------------------------- |
 * | 1 series    | each: reference (8), number of labels as varint, names and values as texts with lengths        |
 * | 2 samples   | first reference (8), first time (8); each: differences to those, value (8)                     |
 * | 3 deletions | each: reference (8), first and last time as signed varints                                     |
 * | 7, 9        | integer histograms: as 2, with a histogram for the value                                       |
 * | 8, 10       | float histograms                                                                               |
 * | 11, 12, 13  | samples, integer and float histograms with start times: reference, time and start time, of all |
 * |             | after the first as differences to the reference before, the first time, and for the start time |
 * |             | 0: none, 1: as before, else a difference to the first                                          |
 *
 * Exemplars (4), marks of the head's chunks (5) and metadata (6) are read over.
 */
import { MalformedBytesError } from "../../base/index.ts";
import {
  createHistogram,
  CUSTOM_BUCKETS_SCHEMA,
  labelsFromSortedPairs,
  STALE_HISTOGRAM,
  type Histogram,
  type Labels,
  type Span,
} from "../../model/index.ts";
import { BigEndianReader } from "../big-endian-reader.ts";
import { floatOf, isStale } from "./bit-reader.ts";

const SERIES = 1;
const SAMPLES = 2;
const DELETIONS = 3;
const READ_OVER: ReadonlySet<number> = new Set([4, 5, 6]);
const INTEGER_HISTOGRAMS: ReadonlySet<number> = new Set([7, 9]);
const FLOAT_HISTOGRAMS: ReadonlySet<number> = new Set([8, 10]);
const SAMPLES_WITH_STARTS = 11;
const INTEGER_HISTOGRAMS_WITH_STARTS = 12;
const FLOAT_HISTOGRAMS_WITH_STARTS = 13;

const START_NONE = 0;
const START_SAME = 1;
const GAUGE = 3;

/** What records are about; references are those of the log. */
export interface RecordSink {
  series(reference: number, labels: () => Labels): void;
  float(reference: number, time: number, high: number, low: number): void;
  histogram(reference: number, time: number, histogram: () => Histogram): void;
  deletion(reference: number, from: number, to: number): void;
}

/** Reads one record. @throws MalformedBytesError for what is damaged or of an unknown kind */
export function readRecord(record: Uint8Array, sink: RecordSink): void {
  if (record.length === 0) throw new MalformedBytesError("an empty record");
  const kind = record[0]!;
  const reader = new BigEndianReader(record, 1);
  if (kind === SERIES) readSeries(reader, sink);
  else if (kind === SAMPLES) readPlain(reader, sink, "sample");
  else if (kind === DELETIONS) readDeletions(reader, sink);
  else if (INTEGER_HISTOGRAMS.has(kind)) readPlain(reader, sink, "integer");
  else if (FLOAT_HISTOGRAMS.has(kind)) readPlain(reader, sink, "float");
  else if (kind === SAMPLES_WITH_STARTS) readWithStarts(reader, sink, "sample");
  else if (kind === INTEGER_HISTOGRAMS_WITH_STARTS) readWithStarts(reader, sink, "integer");
  else if (kind === FLOAT_HISTOGRAMS_WITH_STARTS) readWithStarts(reader, sink, "float");
  else if (!READ_OVER.has(kind)) throw new MalformedBytesError(`a record of unknown kind ${kind}`);
}

function readSeries(reader: BigEndianReader, sink: RecordSink): void {
  while (reader.left > 0) {
    const reference = reader.u64();
    const texts = 2 * reader.uvarint();
    if (texts > reader.left) throw new MalformedBytesError(`${texts} texts in ${reader.left} bytes`);
    const pairs: string[] = [];
    for (let i = 0; i < texts; i++) pairs.push(reader.text());
    sink.series(reference, () => labelsFromSortedPairs(pairs));
  }
}

function readDeletions(reader: BigEndianReader, sink: RecordSink): void {
  while (reader.left > 0) sink.deletion(reader.u64(), reader.varint(), reader.varint());
}

type ValueKind = "sample" | "integer" | "float";

function readPlain(reader: BigEndianReader, sink: RecordSink, kind: ValueKind): void {
  if (reader.left === 0) return;
  const firstReference = reader.u64();
  const firstTime = reader.i64();
  while (reader.left > 0) {
    const reference = firstReference + reader.varint();
    readValue(reader, sink, kind, { reference, time: firstTime + reader.varint() });
  }
}

function readWithStarts(reader: BigEndianReader, sink: RecordSink, kind: ValueKind): void {
  if (reader.left === 0) return;
  let reference = reader.varint();
  const firstTime = reader.varint();
  reader.varint();
  readValue(reader, sink, kind, { reference, time: firstTime });
  while (reader.left > 0) {
    reference += reader.varint();
    const time = firstTime + reader.varint();
    const start = reader.u8();
    if (start !== START_NONE && start !== START_SAME) reader.varint();
    readValue(reader, sink, kind, { reference, time });
  }
}

function readValue(
  reader: BigEndianReader,
  sink: RecordSink,
  kind: ValueKind,
  at: { readonly reference: number; readonly time: number },
): void {
  if (kind === "sample") {
    const high = reader.u32();
    sink.float(at.reference, at.time, high, reader.u32());
    return;
  }
  const histogram = readHistogram(reader, kind);
  sink.histogram(at.reference, at.time, () => histogram);
}

function readHistogram(reader: BigEndianReader, kind: "integer" | "float"): Histogram {
  const number = (): number => (kind === "integer" ? reader.uvarint() : reader.f64());
  const resetHint = reader.u8() === GAUGE ? "gauge" : "unknown";
  const schema = reader.varint();
  const zeroThreshold = reader.f64();
  const zeroCount = number();
  const count = number();
  const sumHigh = reader.u32();
  const sumLow = reader.u32();
  const positiveSpans = readSpans(reader);
  const negativeSpans = readSpans(reader);
  const positiveBuckets = readBuckets(reader, kind);
  const negativeBuckets = readBuckets(reader, kind);
  const customBounds = schema === CUSTOM_BUCKETS_SCHEMA ? readList(reader, () => reader.f64()) : [];
  if (isStale(sumHigh, sumLow)) return STALE_HISTOGRAM;
  return createHistogram({
    schema,
    resetHint,
    zeroThreshold,
    zeroCount,
    count,
    sum: floatOf(sumHigh, sumLow),
    positiveSpans,
    negativeSpans,
    positiveBuckets,
    negativeBuckets,
    customBounds,
  });
}

function readSpans(reader: BigEndianReader): Span[] {
  return readList(reader, () => ({ offset: reader.varint(), length: reader.uvarint() }));
}

function readBuckets(reader: BigEndianReader, kind: "integer" | "float"): number[] {
  if (kind === "float") return readList(reader, () => reader.f64());
  let count = 0;
  return readList(reader, () => (count += reader.varint()));
}

function readList<Item>(reader: BigEndianReader, read: () => Item): Item[] {
  const count = reader.uvarint();
  if (count > reader.left) throw new MalformedBytesError(`${count} items in ${reader.left} bytes`);
  return Array.from({ length: count }, read);
}
