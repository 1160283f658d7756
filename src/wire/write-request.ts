import {
  bitsOf,
  compareText,
  labelsFromSortedPairs,
  METRIC_NAME,
  type Histogram,
  type Labels,
  type Millis,
} from "../model/index.ts";
import { WireError } from "./errors.ts";
import { nearestMillis, readHistogram } from "./histogram-reader.ts";
import { ProtoReader } from "./proto-reader.ts";
import { decodeSamples } from "./samples.kernel.ts";
import { decodeSnappy } from "./snappy.ts";
import { TextTable } from "./text-table.ts";
import { readExemplar, readMetadata, type ReceivedExemplar, type ReceivedMetadata } from "./write-extras.ts";

/** Samples of one series in the sender's order. The columns of all series of a request share one buffer. */
export interface ReceivedSeries {
  readonly labels: Labels;
  readonly times: Float64Array; // Millis.
  readonly values: Float64Array; // NaN payloads are kept bit for bit.
  readonly histograms: readonly { readonly time: Millis; readonly histogram: Histogram }[];
  readonly exemplars?: readonly ReceivedExemplar[]; // Absent: none.
}

export interface DecodedWriteRequest {
  /** Series with at least one sample or exemplar, in the sender's order. */
  readonly series: ReceivedSeries[];
  /** Series left out for their labels: no metric name, a duplicate, or not UTF-8 (RCV-6). */
  readonly invalidSeries: number;
  readonly metadata: ReceivedMetadata[];
}

export interface WriteLimits {
  readonly decodedBytesMax: number;
  /** Series in one request; a series takes few bytes on the wire and many here. */
  readonly seriesMax?: number;
}

const SERIES_MAX = 1_000_000;

// Tags: number of the field times 8 plus 2 for a length-delimited one.
const TIME_SERIES = 0x0a;
const LABEL = 0x0a;
const SAMPLE = 0x12;
const EXEMPLAR = 0x1a;
const HISTOGRAM = 0x22;
const METADATA = 0x1a;

/**
 * Decodes the body of a remote-write 1.0 request. Unknown fields are passed over; labels come out sorted and without
 * empty values. Source: spec RW-22 to RW-25, RCV-4, 6, 9, 12, 13, 16.
 * @throws WireError when the body is malformed, too large, or holds an invalid histogram.
 */
export function decodeRemoteWrite(body: Uint8Array, limits: WriteLimits): DecodedWriteRequest {
  return decodeWriteRequest(decodeSnappy(body, limits.decodedBytesMax), limits.seriesMax ?? SERIES_MAX);
}

/** The same for a body that is not compressed. */
export function decodeWriteRequest(bytes: Uint8Array, seriesMax: number = SERIES_MAX): DecodedWriteRequest {
  const request = openRequest(bytes, seriesMax);
  const { reader } = request;
  const series: ReceivedSeries[] = [];
  const metadata: ReceivedMetadata[] = [];
  let invalidSeries = 0;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === METADATA) {
      const outerEnd = reader.enter();
      const entry = readMetadata(reader, request.texts);
      reader.leave(outerEnd);
      if (entry !== undefined) metadata.push(entry);
      continue;
    }
    if (tag !== TIME_SERIES) {
      reader.skip(tag);
      continue;
    }
    const outerEnd = reader.enter();
    const decoded = readSeries(request);
    reader.leave(outerEnd);
    if (decoded === undefined) invalidSeries++;
    else if (decoded.times.length > 0 || decoded.histograms.length > 0 || decoded.exemplars !== undefined) {
      series.push(decoded);
    }
  }
  return { series, invalidSeries, metadata };
}

/** A request while it is being decoded: its bytes and the columns that all series fill one after the other. */
interface OpenRequest {
  readonly reader: ProtoReader;
  readonly texts: TextTable;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly bits: Uint32Array; // Of `values`.
  readonly cursor: Int32Array; // Of `decodeSamples`; element 1 is the next free row.
  /** Labels of the series before, by their position: the next series mostly differs in few of them. */
  readonly before: LabelMessage[];
}

/** A label with the bytes of its message. */
interface LabelMessage {
  from: number;
  length: number;
  name: string;
  value: string;
}

function openRequest(bytes: Uint8Array, seriesMax: number): OpenRequest {
  const reader = new ProtoReader(bytes);
  const counts = countMessages(reader);
  if (counts.series > seriesMax) {
    throw new WireError(`remote write request has ${counts.series} series, more than ${seriesMax}`);
  }
  const values = new Float64Array(counts.samples);
  return {
    reader: new ProtoReader(bytes),
    texts: new TextTable(bytes),
    times: new Float64Array(counts.samples),
    values,
    bits: bitsOf(values),
    cursor: new Int32Array(2),
    before: [],
  };
}

// Sizes the columns: a sample takes at least two bytes, so they are at most eight times as large as the request.
function countMessages(reader: ProtoReader): { series: number; samples: number } {
  let series = 0;
  let samples = 0;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag !== TIME_SERIES) {
      reader.skip(tag);
      continue;
    }
    series++;
    const outerEnd = reader.enter();
    while (reader.hasMore) {
      const inner = reader.tag();
      if (inner === SAMPLE) samples++;
      reader.skip(inner);
    }
    reader.leave(outerEnd);
  }
  return { series, samples };
}

// Undefined when the labels are invalid.
function readSeries(request: OpenRequest): ReceivedSeries | undefined {
  const { reader, cursor } = request;
  const pairs: string[] = [];
  const histograms: { time: Millis; histogram: Histogram }[] = [];
  const histogramsAt: number[] = [];
  let exemplars: ReceivedExemplar[] | undefined;
  const firstRow = cursor[1]!;
  let valid = true;
  while (reader.hasMore) {
    if (reader.bytes[reader.at] === SAMPLE) readSamples(request);
    if (!reader.hasMore) break;
    const at = reader.at;
    const tag = reader.tag();
    if (tag === LABEL) valid = readLabel(request, pairs) && valid;
    else if (tag === SAMPLE) readUnusualSample(request);
    else if (tag === EXEMPLAR) {
      const outerEnd = reader.enter();
      const exemplar = readExemplar(reader, request.texts);
      reader.leave(outerEnd);
      if (exemplar !== undefined) (exemplars ??= []).push(exemplar);
    } else {
      if (tag === HISTOGRAM) histogramsAt.push(at);
      reader.skip(tag);
    }
  }
  const labels = valid ? checkedLabels(pairs) : undefined;
  if (labels === undefined) return undefined;
  for (const at of histogramsAt) histograms.push(readHistogramAt(reader, at));
  const lastRow = cursor[1]!;
  const times = request.times.subarray(firstRow, lastRow);
  const values = request.values.subarray(firstRow, lastRow);
  if (exemplars === undefined) return { labels, times, values, histograms };
  return { labels, times, values, histograms, exemplars };
}

function readSamples({ reader, cursor, times, values, bits }: OpenRequest): void {
  cursor[0] = reader.at;
  decodeSamples(reader.bytes, reader.view, cursor, reader.end, times, values, bits);
  reader.at = cursor[0];
}

// A sample in another layout than senders use.
function readUnusualSample({ reader, cursor, times, bits }: OpenRequest): void {
  const row = cursor[1]!;
  const outerEnd = reader.enter();
  times[row] = 0;
  bits[2 * row] = 0;
  bits[2 * row + 1] = 0;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === 0x10) {
      times[row] = nearestMillis(reader.int64());
      continue;
    }
    const valueAt = reader.at;
    reader.skip(tag);
    if (tag === 0x09) {
      bits[2 * row] = reader.view.getUint32(valueAt, true);
      bits[2 * row + 1] = reader.view.getUint32(valueAt + 4, true);
    }
  }
  reader.leave(outerEnd);
  cursor[1] = row + 1;
}

function readHistogramAt(reader: ProtoReader, at: number): { time: Millis; histogram: Histogram } {
  const seriesEnd = reader.end;
  reader.at = at;
  reader.tag();
  const outerEnd = reader.enter();
  const read = readHistogram(reader);
  reader.leave(outerEnd);
  reader.at = seriesEnd;
  return read;
}

// Appends name and value; false when one of them is not UTF-8.
function readLabel(request: OpenRequest, pairs: string[]): boolean {
  const { reader, before } = request;
  const outerEnd = reader.enter();
  const from = reader.at;
  const length = reader.end - from;
  const position = pairs.length / 2;
  const known = before[position];
  if (known !== undefined && known.length === length && areSameBytes(reader.view, known.from, from, length)) {
    pairs.push(known.name, known.value);
    reader.leave(outerEnd);
    return true;
  }
  const label = readNewLabel(request);
  reader.leave(outerEnd);
  if (label === undefined) return false;
  before[position] = label;
  pairs.push(label.name, label.value);
  return true;
}

// Undefined when name or value are not UTF-8.
function readNewLabel({ reader, texts }: OpenRequest): LabelMessage | undefined {
  const from = reader.at;
  let name: string | undefined = "";
  let value: string | undefined = "";
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag !== 0x0a && tag !== 0x12) {
      reader.skip(tag);
      continue;
    }
    const labelEnd = reader.enter();
    const text = texts.read(reader.at, reader.end);
    if (tag === 0x0a) name = text;
    else value = text;
    reader.leave(labelEnd);
  }
  return name === undefined || value === undefined
    ? undefined
    : { from, length: reader.end - from, name, value };
}

function areSameBytes(view: DataView, a: number, b: number, length: number): boolean {
  let i = 0;
  for (; i + 4 <= length; i += 4) if (view.getInt32(a + i, true) !== view.getInt32(b + i, true)) return false;
  for (; i < length; i++) if (view.getInt8(a + i) !== view.getInt8(b + i)) return false;
  return true;
}

// Sorted and without empty values; undefined when there is no metric name, an empty name or a duplicate.
function checkedLabels(pairs: string[]): Labels | undefined {
  const sorted = isAscending(pairs) ? pairs : sortPairs(pairs);
  let hasName = false;
  let hasEmpty = false;
  for (let i = 0; i < sorted.length; i += 2) {
    const name = sorted[i]!;
    if (name === "" || name === sorted[i - 2]) return undefined;
    if (sorted[i + 1] === "") hasEmpty = true;
    else if (name === METRIC_NAME) hasName = true;
  }
  if (!hasName) return undefined;
  return labelsFromSortedPairs(hasEmpty ? sorted.filter((_, i) => sorted[i | 1] !== "") : sorted);
}

function isAscending(pairs: readonly string[]): boolean {
  for (let i = 2; i < pairs.length; i += 2) if (compareText(pairs[i - 2]!, pairs[i]!) > 0) return false;
  return true;
}

function sortPairs(pairs: readonly string[]): string[] {
  const order = Array.from({ length: pairs.length / 2 }, (_, i) => 2 * i);
  order.sort((a, b) => compareText(pairs[a]!, pairs[b]!));
  return order.flatMap((i) => [pairs[i]!, pairs[i + 1]!]);
}
