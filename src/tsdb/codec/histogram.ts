/*
 * One native histogram as bytes.
 *
 * | field            | bytes  | meaning                                                                          |
 * | ---------------- | ------ | -------------------------------------------------------------------------------- |
 * | flags            | 1      | bits 0-1 reset hint, 2 staleness marker, 3 counts are floats, 4 has zero bucket, |
 * |                  |        | 5 has negative buckets, 6 has bounds, 7 like the one before                      |
 * | schema           | varint | folded                                                                           |
 * | sum              | 8      | float                                                                            |
 * | count            | 1-8    | varint; float when flag 3 is set                                                 |
 * | zero             | 8 + …  | only with flag 4: threshold as float, count as `count`                           |
 * | positive         | …      | number of spans, each offset (folded) and length; number of buckets; buckets     |
 * | negative         | …      | the same, only with flag 5                                                       |
 * | bounds           | …      | only with flag 6: number, then floats                                            |
 *
 * Integer buckets are differences to the bucket before, folded. A staleness marker is the flags alone.
 *
 * With flag 7, schema, thresholds, spans and bounds are those of the histogram before, all counts are integers, and
 * what follows the flags is the sum, then the differences of count, zero count and all buckets to those of the
 * histogram before as one list of tokens: an even varint stands for half as many zeros and one more, an odd one
 * for the folded difference that is half of it.
 */
import { MalformedBytesError, type ByteReader, type ByteWriter } from "../../base/index.ts";
import type { Histogram, ResetHint, Span } from "../../model/index.ts";

const HINTS: readonly ResetHint[] = ["unknown", "reset", "not_reset", "gauge"];
const STALE = 4;
const FLOATS = 8;
const ZERO = 16;
const NEGATIVE = 32;
const BOUNDS = 64;
const LIKE_PREVIOUS = 128;
// Differences of counts, folded and doubled, stay exact below this.
const INTEGER_MAX = 2 ** 50;

/**
 * Appends `histogram` to `out`. Of a staleness marker only the fact itself is kept. With the histogram written
 * `before` it in the same place, much less is written; reading then needs that one too.
 */
export function encodeHistogram(histogram: Histogram, out: ByteWriter, before?: Histogram): void {
  const hint = HINTS.indexOf(histogram.resetHint);
  if (histogram.stale) {
    out.u8(hint | STALE);
    return;
  }
  if (before !== undefined && isLike(histogram, before)) {
    out.u8(hint | LIKE_PREVIOUS);
    out.f64(histogram.sum);
    writeDifferences(countsOf(histogram), countsOf(before), out);
    return;
  }
  const floats = !countsAreIntegers(histogram);
  const hasZero = !Object.is(histogram.zeroThreshold, 0) || !Object.is(histogram.zeroCount, 0);
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
 * Reads one histogram; the reader then stands behind it. `before` is the one that was given when it was written.
 * @throws MalformedBytesError for bytes that `encodeHistogram` cannot have written.
 */
export function decodeHistogram(from: ByteReader, before?: Histogram): Histogram {
  const flags = from.u8();
  const resetHint = HINTS[flags & 3]!;
  if ((flags & STALE) !== 0) return staleHistogram(resetHint);
  if ((flags & LIKE_PREVIOUS) !== 0) {
    if (before === undefined) throw new MalformedBytesError("histogram is like one that is not there");
    return readLike(before, resetHint, from);
  }
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

// Whether the two differ in hint, sum and integer counts only.
function isLike(a: Histogram, b: Histogram): boolean {
  return (
    !b.stale &&
    a.schema === b.schema &&
    Object.is(a.zeroThreshold, b.zeroThreshold) &&
    a.positiveBuckets.length === b.positiveBuckets.length &&
    a.negativeBuckets.length === b.negativeBuckets.length &&
    sameSpans(a.positiveSpans, b.positiveSpans) &&
    sameSpans(a.negativeSpans, b.negativeSpans) &&
    a.customBounds.length === b.customBounds.length &&
    a.customBounds.every((bound, i) => Object.is(bound, b.customBounds[i])) &&
    countsAreIntegers(a) &&
    countsAreIntegers(b)
  );
}

function sameSpans(a: readonly Span[], b: readonly Span[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ offset, length }, i) => offset === b[i]!.offset && length === b[i]!.length)
  );
}

function countsOf(histogram: Histogram): number[] {
  const { count, zeroCount, positiveBuckets, negativeBuckets } = histogram;
  return [count, zeroCount, ...positiveBuckets, ...negativeBuckets];
}

function writeDifferences(counts: readonly number[], before: readonly number[], out: ByteWriter): void {
  let zeros = 0;
  counts.forEach((count, i) => {
    const difference = count - before[i]!;
    if (difference === 0) {
      zeros++;
      return;
    }
    if (zeros > 0) out.varint(2 * (zeros - 1));
    zeros = 0;
    out.varint(2 * (difference < 0 ? -2 * difference - 1 : 2 * difference) + 1);
  });
  if (zeros > 0) out.varint(2 * (zeros - 1));
}

function readLike(before: Histogram, resetHint: ResetHint, from: ByteReader): Histogram {
  const sum = from.f64();
  const counts = countsOf(before);
  for (let i = 0; i < counts.length;) {
    const token = from.varint();
    if (token % 2 === 0) {
      i += token / 2 + 1;
      continue;
    }
    const folded = (token - 1) / 2;
    counts[i]! += folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
    i++;
  }
  const positiveEnd = 2 + before.positiveBuckets.length;
  return {
    ...before,
    resetHint,
    sum,
    count: counts[0]!,
    zeroCount: counts[1]!,
    positiveBuckets: counts.slice(2, positiveEnd),
    negativeBuckets: counts.slice(positiveEnd),
  };
}
