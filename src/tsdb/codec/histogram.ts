/*
 * One native histogram as bytes.
 *
 * | field            | bytes  | meaning                                                                          |
 * | ---------------- | ------ | -------------------------------------------------------------------------------- |
 * | flags            | 1      | bits 0-1 reset hint, 2 stale marker, 3 counts are floats, 4 has zero bucket, 5 has negative, 6 has bounds |
 * | schema           | varint | zigzag                                                                           |
 * | sum              | 8      | float                                                                            |
 * | count            | 1-8    | varint; float when flag 3 is set                                                 |
 * | zero             | 8 + …  | only with flag 4: threshold as float, count as `count`                           |
 * | positive         | …      | number of spans, each offset (zigzag) and length; then a count a bucket          |
 * | negative         | …      | the same, only with flag 5                                                       |
 * | bounds           | …      | only with flag 6: number, then floats                                            |
 *
 * Integer buckets are differences to the bucket before, as zigzag varints. A stale marker is the flags alone.
 */
import { MalformedBytesError, type ByteReader, type ByteWriter } from "../../base/index.ts";
import type { Histogram, ResetHint, Span } from "../../model/index.ts";

const HINTS: readonly ResetHint[] = ["unknown", "reset", "not_reset", "gauge"];
const STALE = 4;
const FLOATS = 8;
const ZERO = 16;
const NEGATIVE = 32;
const BOUNDS = 64;
// Differences of buckets stay within the zigzag's ±2^52 below this.
const INTEGER_MAX = 2 ** 51;

/** Appends `histogram` to `out`. Of a staleness marker only the fact itself is kept. */
export function encodeHistogram(histogram: Histogram, out: ByteWriter): void {
  const hint = HINTS.indexOf(histogram.resetHint);
  if (histogram.stale) {
    out.u8(hint | STALE);
    return;
  }
  const floats = !countsAreIntegers(histogram);
  const hasZero =
    histogram.zeroThreshold !== 0 || histogram.zeroCount !== 0 || isMinusZero(histogram.zeroCount);
  const hasNegative = histogram.negativeSpans.length > 0 || histogram.negativeBuckets.length > 0;
  const hasBounds = histogram.customBounds.length > 0;
  out.u8(
    hint |
      (floats ? FLOATS : 0) |
      (hasZero ? ZERO : 0) |
      (hasNegative ? NEGATIVE : 0) |
      (hasBounds ? BOUNDS : 0),
  );
  out.zigzag(histogram.schema);
  out.f64(histogram.sum);
  writeCount(histogram.count, floats, out);
  if (hasZero) {
    out.f64(histogram.zeroThreshold);
    writeCount(histogram.zeroCount, floats, out);
  }
  writeSide(histogram.positiveSpans, histogram.positiveBuckets, floats, out);
  if (hasNegative) writeSide(histogram.negativeSpans, histogram.negativeBuckets, floats, out);
  if (hasBounds) {
    out.varint(histogram.customBounds.length);
    for (const bound of histogram.customBounds) out.f64(bound);
  }
}

/**
 * Reads one histogram; the reader then stands behind it.
 * @throws MalformedBytesError for bytes that `encodeHistogram` cannot have written.
 */
export function decodeHistogram(from: ByteReader): Histogram {
  const flags = from.u8();
  const resetHint = HINTS[flags & 3]!;
  if ((flags & STALE) !== 0) return staleHistogram(resetHint);
  const floats = (flags & FLOATS) !== 0;
  const schema = from.zigzag();
  const sum = from.f64();
  const count = readCount(floats, from);
  const hasZero = (flags & ZERO) !== 0;
  const zeroThreshold = hasZero ? from.f64() : 0;
  const zeroCount = hasZero ? readCount(floats, from) : 0;
  const positive = readSide(floats, from);
  const negative = (flags & NEGATIVE) === 0 ? NO_SIDE : readSide(floats, from);
  return {
    schema,
    resetHint,
    count,
    sum,
    stale: false,
    zeroThreshold,
    zeroCount,
    positiveSpans: positive.spans,
    positiveBuckets: positive.buckets,
    negativeSpans: negative.spans,
    negativeBuckets: negative.buckets,
    customBounds: (flags & BOUNDS) === 0 ? [] : readFloats(from.varint(), from),
  };
}

interface Side {
  readonly spans: readonly Span[];
  readonly buckets: readonly number[];
}

const NO_SIDE: Side = { spans: [], buckets: [] };

// The marker's bits have to get into `sum` without passing through arithmetic.
const STALE_SUM = new Float64Array(new Uint32Array([2, 0x7ff00000]).buffer);

function staleHistogram(resetHint: ResetHint): Histogram {
  return {
    schema: 0,
    resetHint,
    count: 0,
    sum: STALE_SUM[0]!,
    stale: true,
    zeroThreshold: 0,
    zeroCount: 0,
    positiveSpans: [],
    positiveBuckets: [],
    negativeSpans: [],
    negativeBuckets: [],
    customBounds: [],
  };
}

function countsAreIntegers(histogram: Histogram): boolean {
  return (
    isPlainCount(histogram.count) &&
    isPlainCount(histogram.zeroCount) &&
    histogram.positiveBuckets.every(isPlainCount) &&
    histogram.negativeBuckets.every(isPlainCount)
  );
}

function isPlainCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= INTEGER_MAX && !isMinusZero(value);
}

function isMinusZero(value: number): boolean {
  return Object.is(value, -0);
}

function writeCount(count: number, floats: boolean, out: ByteWriter): void {
  if (floats) out.f64(count);
  else out.varint(count);
}

function readCount(floats: boolean, from: ByteReader): number {
  return floats ? from.f64() : from.varint();
}

function writeSide(
  spans: readonly Span[],
  buckets: readonly number[],
  floats: boolean,
  out: ByteWriter,
): void {
  out.varint(spans.length);
  for (const span of spans) {
    out.zigzag(span.offset);
    out.varint(span.length);
  }
  out.varint(buckets.length);
  let previous = 0;
  for (const bucket of buckets) {
    if (floats) out.f64(bucket);
    else out.zigzag(bucket - previous);
    previous = bucket;
  }
}

function readSide(floats: boolean, from: ByteReader): Side {
  const spanCount = from.varint();
  checkCount(spanCount, 2, from);
  const spans: Span[] = [];
  for (let i = 0; i < spanCount; i++) spans.push({ offset: from.zigzag(), length: from.varint() });
  const bucketCount = from.varint();
  if (floats) return { spans, buckets: readFloats(bucketCount, from) };
  checkCount(bucketCount, 1, from);
  const buckets: number[] = [];
  let previous = 0;
  for (let i = 0; i < bucketCount; i++) {
    previous += from.zigzag();
    buckets.push(previous);
  }
  return { spans, buckets };
}

function readFloats(count: number, from: ByteReader): number[] {
  checkCount(count, 8, from);
  const floats: number[] = [];
  for (let i = 0; i < count; i++) floats.push(from.f64());
  return floats;
}

// Before anything is allocated for it: a damaged count must not cost memory.
function checkCount(count: number, bytesEach: number, from: ByteReader): void {
  if (count * bytesEach > from.left) {
    throw new MalformedBytesError(`histogram promises ${count} items in the last ${from.left} bytes`);
  }
}
