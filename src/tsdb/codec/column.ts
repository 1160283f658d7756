/*
 * One column of values as bytes. Every one of the 2^64 bit patterns comes back as it was. The layout is chosen for
 * each column by its values:
 *
 * | field    | bytes  | meaning                                                                              |
 * | -------- | ------ | ------------------------------------------------------------------------------------ |
 * | specials | 1 + …  | only when there are any: the byte 0xff, then their runs (specials.kernel.ts); all    |
 * |          |        | that follows holds the other values only                                             |
 * | head     | 1      | bits 0-2 mode, bits 3-7 scale code (integers.kernel.ts) or as the mode says          |
 * | body     | …      | as the mode says                                                                     |
 *
 * | mode         | body                                                                                      |
 * | ------------ | ----------------------------------------------------------------------------------------- |
 * | 0 constant   | integer as folded varint; with code 25: the value's 8 bytes                               |
 * | 1 raw        | packing, base, packed bits of (integer - base) / unit                                     |
 * | 2 steps      | packing, first integer, base, packed bits of (integer - integer before - base) / unit     |
 * | 3 signed steps | packing, first integer, packed bits of folded (integer - integer before) / unit         |
 * | 4 planes     | planes.kernel.ts                                                                          |
 * | 5 plain      | 8 bytes a value                                                                           |
 * | 6 small      | nothing: every value is the number in bits 3-7, 0…29                                      |
 * | 7 none       | nothing: there are no values but specials; with bits 3-7 not 0: integers in buckets       |
 *
 * Packing is one byte: bits 0-5 the width, bit 6: a byte follows with the power of two that is `unit`, bit 7: after
 * base and first integer come patches for the integers wider than the width: their number, then for each the gap
 * since the last and the bits above the width, all varints. First and base are folded varints.
 *
 * Integers in buckets: bits 3-7 are 1 for raw ones, 3 for steps, one more where signs are folded around the base. Body: a
 * byte with the scale code in bits 0-4 and the number of buckets less 1 in bits 5-7; their widths, a byte each, bit 6 of
 * the first meaning as above; unit; first integer of steps; base; buckets and places (buckets.kernel.ts).
 */
import { MalformedBytesError } from "../../base/index.ts";
import { foldSign, readVarint, unfoldSign, varintBytes, writeVarint } from "./bits.kernel.ts";
import {
  decodeBuckets,
  decodeFixedWidth,
  encodeIntegers,
  NONE,
  RAW,
  SIGNED_STEPS,
  STEPS,
} from "./integer-column.ts";
import { SCALE_COUNT, scaleDown, scaleUp } from "./integers.kernel.ts";
import { readPlanes, writePlanes } from "./planes.kernel.ts";
import { findRuns, measureRuns, putSpecials, takePlain, writeRuns } from "./specials.kernel.ts";

const CONSTANT = 0;
const PLANES = 4;
const PLAIN = 5;
const SMALL = 6;
const SPECIALS_FOLLOW = 0xff;
const FULL_BITS = SCALE_COUNT; // Scale code of a constant that is no scaled integer.
const SMALL_MAX = 29;

// Working memory, grown to the longest column seen. One thread runs one encoder at a time.
let plain = new Float64Array(512);
let plainWords = new Uint32Array(plain.buffer);
let integers = new Float64Array(512);
let steps = new Float64Array(512);
const extent = new Int32Array(2);

// Making a view costs as much as encoding ten values, and callers stay in one array for many columns.
let viewed: Float64Array = plain;
let viewedWords: Uint32Array = plainWords;

function wordsOf(values: Float64Array): Uint32Array {
  if (viewed !== values) {
    viewed = values;
    viewedWords = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  }
  return viewedWords;
}

/** Room that `encodeColumn` needs for `count` values, whatever they are. */
export function maxColumnBytes(count: number): number {
  return 24 + 8 * count;
}

/**
 * Writes values `[from, from + count)` at `out[at]`; needs `maxColumnBytes(count)` bytes there. Every bit pattern
 * comes back as it was, markers included. Returns the bytes used; 0 for no values.
 */
export function encodeColumn(
  values: Float64Array,
  from: number,
  count: number,
  out: Uint8Array,
  at: number,
): number {
  if (count === 0) return 0;
  reserve(count);
  const plainCount = takePlain(values, from, count, plain);
  if (plainCount === count) return writePlain(count, out, at);
  const words = wordsOf(values);
  findRuns(words, from, count, extent);
  if (extent[1]! + 10 + 8 * plainCount > maxColumnBytes(count)) {
    out[at] = PLAIN;
    for (let i = 0; i < count; i++) writeWords(words, 2 * (from + i), out, at + 1 + 8 * i);
    return 1 + 8 * count;
  }
  out[at] = SPECIALS_FOLLOW;
  let end = at + 1;
  end += writeRuns(words, from, count, extent[0]!, out, end);
  return end - at + writePlain(plainCount, out, end);
}

/**
 * Reads back what `encodeColumn` wrote for the same `count` into `out` from element `outFrom`. Returns the bytes read.
 * @throws MalformedBytesError for a layout that `encodeColumn` cannot have written; other damage yields wrong values,
 * so bytes from disk are to be checked before.
 */
export function decodeColumn(
  bytes: Uint8Array,
  at: number,
  count: number,
  out: Float64Array,
  outFrom: number,
): number {
  if (count === 0) return 0;
  if (bytes[at] !== SPECIALS_FOLLOW) return readPlain(bytes, at, count, out, outFrom);
  if (!measureRuns(bytes, at + 1, count, extent)) {
    throw new MalformedBytesError(`column at byte ${at} has more specials than ${count} values`);
  }
  const specials = extent[0]!;
  const plainFrom = at + 1 + extent[1]!;
  const plainBytes = readPlain(bytes, plainFrom, count - specials, out, outFrom + specials);
  putSpecials(bytes, at + 1, out, wordsOf(out), outFrom, outFrom + specials);
  return plainFrom + plainBytes - at;
}

function reserve(count: number): void {
  if (plain.length >= count) return;
  plain = new Float64Array(2 * count);
  plainWords = new Uint32Array(plain.buffer);
  integers = new Float64Array(2 * count);
  steps = new Float64Array(2 * count);
}

// Writes plain[0, count).
function writePlain(count: number, out: Uint8Array, at: number): number {
  if (count === 0) {
    out[at] = NONE;
    return 1;
  }
  const first = plain[0]!;
  let same = 1;
  while (same < count && plain[same] === first) same++;
  if (same === count) return writeConstant(first, out, at);
  const code = findScale(count);
  if (code < SCALE_COUNT) return encodeIntegers(integers, steps, { count, code }, out, at);
  out[at] = PLANES;
  return 1 + writePlanes(plainWords, count, out, at + 1);
}

function writeConstant(value: number, out: Uint8Array, at: number): number {
  if (value >= 0 && value <= SMALL_MAX && Number.isInteger(value)) {
    out[at] = SMALL | (value << 3);
    return 1;
  }
  const code = findScale(1);
  out[at] = CONSTANT | (code << 3);
  if (code < SCALE_COUNT) return 1 + writeVarint(foldSign(integers[0]!), out, at + 1);
  writeWords(plainWords, 0, out, at + 1);
  return 9;
}

// Smallest code that reproduces plain[0, count), whose integers are then in `integers`; SCALE_COUNT when none does.
function findScale(count: number): number {
  let code = 0;
  for (;;) {
    const failed = scaleUp(plain, count, code, integers);
    if (failed === count) return code;
    // A code that failed for one value is out for good, so this ends after at most one pass a code.
    steps[0] = plain[failed]!;
    do code++;
    while (code < SCALE_COUNT && scaleUp(steps, 1, code, integers) === 0);
    if (code === SCALE_COUNT) return code;
  }
}

function writeWords(words: Uint32Array, word: number, out: Uint8Array, at: number): void {
  for (let k = 0; k < 4; k++) {
    out[at + k] = words[word]! >>> (8 * k);
    out[at + 4 + k] = words[word + 1]! >>> (8 * k);
  }
}

function readWords(bytes: Uint8Array, at: number, words: Uint32Array, word: number): void {
  for (let half = 0; half < 2; half++) {
    const o = at + 4 * half;
    words[word + half] = bytes[o]! | (bytes[o + 1]! << 8) | (bytes[o + 2]! << 16) | (bytes[o + 3]! << 24);
  }
}

// Reads a column without specials.
function readPlain(bytes: Uint8Array, at: number, count: number, out: Float64Array, outFrom: number): number {
  const head = bytes[at]!;
  const code = head >>> 3;
  switch (head & 7) {
    case CONSTANT:
      return readConstant(bytes, at, count, out, outFrom);
    case RAW:
    case STEPS:
    case SIGNED_STEPS:
      if (code >= SCALE_COUNT) break;
      return decodeFixedWidth(bytes, at, count, out, outFrom);
    case PLANES:
      return 1 + readPlanes(bytes, at + 1, count, wordsOf(out), 2 * outFrom);
    case PLAIN: {
      const words = wordsOf(out);
      for (let i = 0; i < count; i++) readWords(bytes, at + 1 + 8 * i, words, 2 * (outFrom + i));
      return 1 + 8 * count;
    }
    case SMALL:
      out.fill(code, outFrom, outFrom + count);
      return 1;
    case NONE:
      if (code > 0 && count > 1) return decodeBuckets(bytes, at, count, out, outFrom);
      if (count > 0) break;
      return 1;
  }
  throw new MalformedBytesError(`column of ${count} values at byte ${at} starts with ${head}`);
}

function readConstant(
  bytes: Uint8Array,
  at: number,
  count: number,
  out: Float64Array,
  outFrom: number,
): number {
  const code = bytes[at]! >>> 3;
  if (code >= FULL_BITS) {
    readWords(bytes, at + 1, plainWords, 0);
    out.fill(plain[0]!, outFrom, outFrom + count);
    return 9;
  }
  const folded = readVarint(bytes, at + 1);
  plain[0] = unfoldSign(folded);
  scaleDown(plain, 0, 1, code);
  out.fill(plain[0], outFrom, outFrom + count);
  return 1 + varintBytes(folded);
}
