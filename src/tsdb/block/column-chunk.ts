/*
 * One series' values over up to 512 rows of its timeline: an entry of a column page.
 *
 * | field      | bytes | meaning                                                                          |
 * | ---------- | ----- | -------------------------------------------------------------------------------- |
 * | flags      | 1     | bit 0: values in segments of 128 rows, else all at once; 1: some rows hold       |
 * |            |       | no sample; 2: stale markers; 3: histograms follow the values                     |
 * | values     | …     | columns as of the codec; absent where a histogram is                             |
 * | histograms | …     | only with bit 3: number, then for each: rows since the last (varint), histogram  |
 * |            |       | as the difference to the one before                                              |
 */
import { ByteReader, MalformedBytesError, type ByteWriter } from "../../base/index.ts";
import { bitsOf, isAbsentAt, isStaleAt, setAbsentAt, type Histogram } from "../../model/index.ts";
import {
  decodeColumn,
  decodeHistogram,
  encodeColumn,
  encodeHistogram,
  maxColumnBytes,
} from "../codec/index.ts";
import { CHUNK_ROWS } from "./groups.ts";

const SEGMENT_ROWS = 128;
const SEGMENTED = 1;
/** Some rows of the chunk hold no float sample. */
export const HAS_ABSENT = 2;
export const HAS_STALE = 4;
const HAS_HISTOGRAMS = 8;

/** Rows with a histogram, ascending, and the histograms. */
interface ChunkHistograms {
  readonly rows: readonly number[];
  readonly histograms: readonly Histogram[];
}

/** What a chunk holds beside the values that were decoded into the caller's array. */
export interface DecodedChunk {
  readonly flags: number;
  readonly histograms: ChunkHistograms | undefined;
}

const chunk = new Float64Array(CHUNK_ROWS);
const chunkBits = bitsOf(chunk);
const segments = new Uint8Array((CHUNK_ROWS / SEGMENT_ROWS) * maxColumnBytes(SEGMENT_ROWS));

/** Counts of one chunk's samples. */
export interface ChunkCounts {
  samples: number; // Histograms included.
  histograms: number;
  firstRow: number; // First row with a sample; -1 without any.
  lastRow: number;
}

/**
 * Appends rows `[from, from + count)` of a column, `count` ≤ 512. `histograms[from + r]`, where set, takes the
 * place of value `r`.
 */
export function writeChunk(
  values: Float64Array,
  histograms: readonly (Histogram | undefined)[] | undefined,
  from: number,
  count: number,
  out: ByteWriter,
): ChunkCounts {
  chunk.set(values.subarray(from, from + count));
  const rows = histograms === undefined ? [] : takeHistogramRows(histograms, from, count);
  const counts = { samples: 0, histograms: rows.length, firstRow: -1, lastRow: -1 };
  const flags = countFloats(count, counts) | (rows.length > 0 ? HAS_HISTOGRAMS : 0);
  if (rows.length > 0) {
    counts.samples += rows.length;
    counts.firstRow = counts.firstRow < 0 ? rows[0]! : Math.min(counts.firstRow, rows[0]!);
    counts.lastRow = Math.max(counts.lastRow, rows.at(-1)!);
  }
  writeValues(count, flags, out);
  if (histograms !== undefined && rows.length > 0) {
    out.varint(rows.length);
    let next = 0;
    let before: Histogram | undefined;
    for (const row of rows) {
      out.varint(row - next);
      const histogram = histograms[from + row]!;
      encodeHistogram(histogram, out, before);
      before = histogram;
      next = row + 1;
    }
  }
  return counts;
}

// Rows of the chunk that hold a histogram; their values become absent.
function takeHistogramRows(
  histograms: readonly (Histogram | undefined)[],
  from: number,
  count: number,
): number[] {
  const rows: number[] = [];
  for (let row = 0; row < count; row++) {
    if (histograms[from + row] === undefined) continue;
    rows.push(row);
    setAbsentAt(chunkBits, row);
  }
  return rows;
}

function countFloats(count: number, counts: ChunkCounts): number {
  let flags = 0;
  for (let row = 0; row < count; row++) {
    const value = chunk[row]!;
    if (value !== value) {
      if (isAbsentAt(chunkBits, row)) {
        flags |= HAS_ABSENT;
        continue;
      }
      if (isStaleAt(chunkBits, row)) flags |= HAS_STALE;
    }
    counts.samples++;
    if (counts.firstRow < 0) counts.firstRow = row;
    counts.lastRow = row;
  }
  return flags;
}

// All at once or in segments, whichever is shorter: segments follow a column that changes its ways.
function writeValues(count: number, flags: number, out: ByteWriter): void {
  out.reserve(1 + maxColumnBytes(count));
  const at = out.length;
  const whole = encodeColumn(chunk, 0, count, out.buffer, at + 1);
  let segmented = 0;
  if (count > SEGMENT_ROWS && whole > 2 * Math.ceil(count / SEGMENT_ROWS)) {
    for (let row = 0; row < count; row += SEGMENT_ROWS) {
      segmented += encodeColumn(chunk, row, Math.min(SEGMENT_ROWS, count - row), segments, segmented);
    }
  }
  if (segmented > 0 && segmented < whole) {
    out.buffer.set(segments.subarray(0, segmented), at + 1);
    out.buffer[at] = flags | SEGMENTED;
    out.advance(1 + segmented);
  } else {
    out.buffer[at] = flags;
    out.advance(1 + whole);
  }
}

/**
 * Decodes the chunk at `bytes[from, to)` of `count` rows into `out` from element `outFrom`, with absent markers
 * where there is no float.
 * @throws MalformedBytesError
 */
export function readChunk(
  bytes: Uint8Array,
  from: number,
  to: number,
  target: { readonly count: number; readonly out: Float64Array; readonly outFrom: number },
): DecodedChunk {
  const { count, out, outFrom } = target;
  const flags = bytes[from]!;
  let at = from + 1;
  const step = (flags & SEGMENTED) === 0 ? count : SEGMENT_ROWS;
  for (let row = 0; row < count && at < to; row += step) {
    at += decodeColumn(bytes, at, Math.min(step, count - row), out, outFrom + row);
  }
  if ((flags & HAS_HISTOGRAMS) === 0) {
    if (at !== to)
      throw new MalformedBytesError(`chunk of ${to - from} bytes has ${at - from} bytes of values`);
    return { flags, histograms: undefined };
  }
  const reader = new ByteReader(bytes, at, to);
  return { flags, histograms: readHistograms(reader, count) };
}

function readHistograms(from: ByteReader, count: number): ChunkHistograms {
  const rows: number[] = [];
  const histograms: Histogram[] = [];
  let next = 0;
  for (let left = from.varint(); left > 0; left--) {
    const row = next + from.varint();
    if (row >= count) throw new MalformedBytesError(`histogram in row ${row} of ${count}`);
    rows.push(row);
    histograms.push(decodeHistogram(from, histograms.at(-1)));
    next = row + 1;
  }
  return { rows, histograms };
}
