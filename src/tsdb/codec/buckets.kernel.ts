/*
 * Non-negative integers of very different sizes: each is told by the bucket it falls into and its place in there.
 * Bucket 0 covers 0 … 2^width₀ - 1, each later one the 2^width numbers after the bucket before.
 *
 * | field   | bytes                          | meaning                                                    |
 * | ------- | ------------------------------ | ---------------------------------------------------------- |
 * | buckets | ceil(count / 8), or count / 4  | 1 bit an integer for two buckets, 2 for three or four      |
 * | places  | …                              | the integer less its bucket's first, in the bucket's width |
 *
 * Both are filled from the lowest bit of each byte on. The buckets lie apart, so that where an integer's place
 * starts is known before the one ahead of it has been read: in one stream with unary prefixes the columns were 3 %
 * smaller and took three times as long to decode.
 */

/** Most buckets of a column. */
export const BUCKETS_MAX = 4;
/** Widest bucket. */
export const BUCKET_WIDTH_MAX = 48;

const LAYER_BITS = 24;
const LAYER_SIZE = 2 ** LAYER_BITS;
const HEADER_BITS = 8; // What one more bucket costs.

// Working memory of one call.
const below = new Int32Array(64); // How many integers have fewer bits than the index.
const edges = new Int32Array(BUCKETS_MAX + 1); // Bucket k holds bit lengths [edges[k], edges[k + 1]).
const firsts = new Float64Array(BUCKETS_MAX);
const lowMasks = new Int32Array(BUCKETS_MAX);
const highMasks = new Int32Array(BUCKETS_MAX);

/**
 * Picks two to four buckets for `count` integers, of which `lengths[b]` have `b` bits and some have `widest`, 2 or
 * more. Writes their widths to `widths`, their number to `widths[BUCKETS_MAX]`. Returns the bits that the integers
 * take in them.
 */
export function pickBuckets(lengths: Int32Array, count: number, widest: number, widths: Uint8Array): number {
  below[0] = 0;
  for (let bits = 0; bits <= widest; bits++) below[bits + 1] = below[bits]! + lengths[bits]!;
  const middle = bestEdge(0, widest + 1);
  const saved = savedBits(0, middle, widest + 1);
  const low = middle > 1 ? bestEdge(0, middle) : 0;
  const high = widest + 1 - middle > 1 ? bestEdge(middle, widest + 1) : 0;
  let savedMore = -count;
  if (low > 0) savedMore += savedBits(0, low, middle) - HEADER_BITS;
  if (high > 0) savedMore += savedBits(middle, high, widest + 1) - HEADER_BITS;
  let buckets = 0;
  edges[0] = 0;
  if (savedMore > 0 && low > 0) edges[++buckets] = low;
  edges[++buckets] = middle;
  if (savedMore > 0 && high > 0) edges[++buckets] = high;
  edges[++buckets] = widest + 1;
  for (let k = 0; k < buckets; k++) widths[k] = widthOf(edges[k]!, edges[k + 1]!);
  widths[BUCKETS_MAX] = buckets;
  return count * (widest + 1) - saved - (savedMore > 0 ? savedMore : 0);
}

// Where splitting bit lengths [from, to) saves most.
function bestEdge(from: number, to: number): number {
  let best = -1;
  let edge = from + 1;
  for (let at = from + 1; at < to; at++) {
    const saved = savedBits(from, at, to);
    if (saved <= best) continue;
    best = saved;
    edge = at;
  }
  return edge;
}

// Bits of places saved when bit lengths [from, to) are two buckets instead of one.
function savedBits(from: number, edge: number, to: number): number {
  const wide = widthOf(from, to);
  return (
    (below[edge]! - below[from]!) * (wide - widthOf(from, edge)) +
    (below[to]! - below[edge]!) * (wide - widthOf(edge, to))
  );
}

// Bits that tell the integers of bit lengths [from, to) apart.
function widthOf(from: number, to: number): number {
  return to - from === 1 && to > 1 ? to - 2 : to - 1;
}

/** Writes `integers[0, count)` at `out[at]` in buckets that hold them all. Returns the bytes used. */
export function writeBuckets(
  integers: Float64Array,
  count: number,
  widths: Uint8Array,
  bucketCount: number,
  out: Uint8Array,
  at: number,
): number {
  layOut(widths, bucketCount);
  const first1 = firsts[1]!;
  const first2 = bucketCount > 2 ? firsts[2]! : Infinity;
  const first3 = bucketCount > 3 ? firsts[3]! : Infinity;
  const bucketBits = bucketCount === 2 ? 1 : 2;
  let bucketEnd = at;
  let buckets = 0;
  let bucketsFilled = 0;
  let end = at + ((count * bucketBits + 7) >>> 3);
  let word = 0;
  let wordBits = 0; // Below 8 between pieces, so that a layer fits on top.
  for (let i = 0; i < count; i++) {
    const integer = integers[i]!;
    const k = (integer >= first1 ? 1 : 0) + (integer >= first2 ? 1 : 0) + (integer >= first3 ? 1 : 0);
    buckets |= k << bucketsFilled;
    bucketsFilled += bucketBits;
    if (bucketsFilled === 8) {
      out[bucketEnd++] = buckets;
      buckets = 0;
      bucketsFilled = 0;
    }
    let rest = integer - firsts[k]!;
    let width = widths[k]!;
    if (width > LAYER_BITS) {
      const above = Math.floor(rest / LAYER_SIZE);
      word |= (rest - above * LAYER_SIZE) << wordBits;
      out[end++] = word;
      out[end++] = word >>> 8;
      out[end++] = word >>> 16;
      word >>>= 24;
      rest = above;
      width -= LAYER_BITS;
    }
    word |= rest << wordBits;
    wordBits += width;
    while (wordBits >= 8) {
      out[end++] = word;
      word >>>= 8;
      wordBits -= 8;
    }
  }
  if (bucketsFilled > 0) out[bucketEnd++] = buckets;
  if (wordBits > 0) out[end++] = word;
  return end - at;
}

function layOut(widths: Uint8Array, count: number): void {
  let first = 0;
  for (let k = 0; k < count; k++) {
    const width = widths[k]!;
    firsts[k] = first;
    first += 2 ** width;
    lowMasks[k] = 2 ** Math.min(width, LAYER_BITS) - 1;
    highMasks[k] = width > LAYER_BITS ? 2 ** (width - LAYER_BITS) - 1 : 0;
  }
}

/**
 * Reads `count` integers in buckets from byte `at` of `view` into `out` from element `outFrom`. Bytes missing at the
 * end of `view` read as 0. Returns the bytes read.
 */
export function readBuckets(
  view: DataView,
  at: number,
  count: number,
  widths: Uint8Array,
  bucketCount: number,
  out: Float64Array,
  outFrom: number,
): number {
  layOut(widths, bucketCount);
  const isNarrow = bucketCount === 2;
  const bucketMask = isNarrow ? 1 : 3;
  const perByte = isNarrow ? 3 : 2; // As a power of two.
  const start = at + ((count + (1 << perByte) - 1) >>> perByte);
  if (start > view.byteLength) {
    out.fill(0, outFrom, outFrom + count);
    return start - at;
  }
  const lastWord = view.byteLength - 4;
  let bit = 8 * start;
  let isWide = false;
  for (let k = 0; k < bucketCount; k++) if (widths[k]! > LAYER_BITS) isWide = true;
  let row = 0;
  // All buckets of one byte, then the next.
  for (let b = at; b < start; b++) {
    let buckets = view.getUint8(b);
    const end = Math.min(count, row + (1 << perByte));
    for (; row < end; row++) {
      const k = buckets & bucketMask;
      buckets >>>= isNarrow ? 1 : 2;
      const o = bit >>> 3;
      const word = (o <= lastWord ? view.getInt32(o, true) : readTail(view, o)) >>> (bit & 7);
      out[outFrom + row] = (word & lowMasks[k]!) + firsts[k]!;
      bit += widths[k]!;
    }
  }
  if (isWide) readHighBits(view, at, count, widths, bucketMask, out, outFrom);
  return ((bit + 7) >>> 3) - at;
}

// Adds what lies above the first 24 bits of each place.
function readHighBits(
  view: DataView,
  at: number,
  count: number,
  widths: Uint8Array,
  bucketMask: number,
  out: Float64Array,
  outFrom: number,
): void {
  const perByte = bucketMask === 1 ? 3 : 2;
  const lastWord = view.byteLength - 4;
  let bit = 8 * (at + ((count + (1 << perByte) - 1) >>> perByte)) + LAYER_BITS;
  for (let row = 0; row < count; row++) {
    const k = (view.getUint8(at + (row >>> perByte)) >>> ((row << (3 - perByte)) & 7)) & bucketMask;
    const o = bit >>> 3;
    const word = (o <= lastWord ? view.getInt32(o, true) : readTail(view, o)) >>> (bit & 7);
    out[outFrom + row]! += (word & highMasks[k]!) * LAYER_SIZE;
    bit += widths[k]!;
  }
}

// 32 bits from byte `o` on, near the end.
function readTail(view: DataView, o: number): number {
  let word = 0;
  for (let k = 0; k < 4 && o + k < view.byteLength; k++) word |= view.getUint8(o + k) << (8 * k);
  return word;
}
