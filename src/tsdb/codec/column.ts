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
 * | 7 none       | nothing: there are no values but specials                                                 |
 *
 * Packing is one byte: bits 0-5 the width, bit 6: a byte follows with the power of two that is `unit`, bit 7: after
 * base and first integer come patches for the integers wider than the width: their number, then for each the gap
 * since the last and the bits above the width, all varints. First and base are folded varints.
 */
import { MalformedBytesError } from "../../base/index.ts";
import {
  addPatches,
  foldSign,
  packBits,
  packedBytes,
  patchesBytes,
  readVarint,
  unfoldSign,
  unpackBits,
  varintBytes,
  writePatches,
  writeVarint,
} from "./bits.kernel.ts";
import {
  addBase,
  countLengths,
  divideBy,
  foldSigns,
  measureRanges,
  SCALE_COUNT,
  scaleDown,
  scaleUp,
  shiftToBase,
  sumFoldedSteps,
  sumSteps,
  takeSteps,
} from "./integers.kernel.ts";
import { readPlanes, writePlanes } from "./planes.kernel.ts";
import {
  countSpecials,
  measureSpecials,
  putSpecials,
  specialsBytes,
  takePlain,
  writeSpecials,
} from "./specials.kernel.ts";

const CONSTANT = 0;
const RAW = 1;
const STEPS = 2;
const SIGNED_STEPS = 3;
const PLANES = 4;
const PLAIN = 5;
const SMALL = 6;
const NONE = 7;
const SPECIALS_FOLLOW = 0xff;
const FULL_BITS = SCALE_COUNT; // Scale code of a constant that is no scaled integer.
const SMALL_MAX = 29;
const WIDTH_MASK = 63;
const HAS_UNIT = 64;
const HAS_PATCHES = 128;

// Working memory, grown to the longest column seen. One thread runs one encoder at a time.
let plain = new Float64Array(512);
let plainWords = new Uint32Array(plain.buffer);
let integers = new Float64Array(512);
let steps = new Float64Array(512);
const ranges = new Float64Array(4);
const lengths = new Int32Array(64);

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
  if (measureSpecials(words, from, count) + 10 + 8 * plainCount > maxColumnBytes(count)) {
    out[at] = PLAIN;
    for (let i = 0; i < count; i++) writeWords(words, 2 * (from + i), out, at + 1 + 8 * i);
    return 1 + 8 * count;
  }
  out[at] = SPECIALS_FOLLOW;
  let end = at + 1;
  end += writeSpecials(words, from, count, out, end);
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
  const specials = countSpecials(bytes, at + 1, count);
  if (specials < 0)
    throw new MalformedBytesError(`column at byte ${at} has more specials than ${count} values`);
  const plainFrom = at + 1 + specialsBytes(bytes, at + 1);
  const plainBytes = readPlain(bytes, plainFrom, count - specials, out, outFrom + specials);
  putSpecials(bytes, at + 1, wordsOf(out), outFrom, outFrom + specials);
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
  if (code < SCALE_COUNT) return writeIntegers(count, code, out, at);
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

/** How a run of non-negative integers is packed. */
interface Packing {
  readonly integers: Float64Array; // Already divided by the unit.
  readonly count: number;
  readonly unitBits: number;
  readonly width: number;
  readonly patchCount: number; // Integers wider than `width`.
  readonly bytes: number; // Of patches and packed bits.
}

// Writes integers[0, count), which are at least two and not all the same.
function writeIntegers(count: number, code: number, out: Uint8Array, at: number): number {
  measureRanges(integers, count, ranges);
  const low = ranges[0]!;
  const lowStep = ranges[2]!;
  if (ranges[1]! - low <= ranges[3]! - lowStep) {
    const packing = pickPacking(steps, count, unitBits(shiftToBase(integers, count, low, steps)));
    out[at] = RAW | (code << 3);
    let end = writePacking(packing, out, at + 1);
    end += writeVarint(foldSign(low), out, end);
    return writeResiduals(packing, out, end) - at;
  }
  const first = integers[0]!;
  takeSteps(integers, count, steps);
  const rising = pickPacking(integers, count - 1, unitBits(shiftToBase(steps, count - 1, lowStep, integers)));
  // Steps in both directions may lie closer to 0 than to the lowest of them.
  const signed = lowStep < 0 ? pickSignedPacking(steps, count - 1) : rising;
  const packing = signed.bytes < rising.bytes ? signed : rising;
  out[at] = (packing === rising ? STEPS : SIGNED_STEPS) | (code << 3);
  let end = writePacking(packing, out, at + 1);
  end += writeVarint(foldSign(first), out, end);
  if (packing === rising) end += writeVarint(foldSign(lowStep), out, end);
  return writeResiduals(packing, out, end) - at;
}

// Number of zero bits below the lowest set bit, at most 31.
function unitBits(union: number): number {
  return union === 0 ? 0 : 31 - Math.clz32(union & -union);
}

function pickSignedPacking(signed: Float64Array, count: number): Packing {
  const bits = unitBits(shiftToBase(signed, count, 0, signed));
  if (bits > 0) divideBy(signed, count, 2 ** bits);
  foldSigns(signed, count);
  return { ...pickPacking(signed, count, 0), unitBits: bits };
}

// Divides by the unit, then finds the width that takes the fewest bytes, patches for what is wider included.
function pickPacking(residuals: Float64Array, count: number, unitBits: number): Packing {
  if (unitBits > 0) divideBy(residuals, count, 2 ** unitBits);
  lengths.fill(0);
  countLengths(residuals, count, lengths);
  let widest = 54;
  while (widest > 0 && lengths[widest] === 0) widest--;
  let best = widest;
  let bestBytes = packedBytes(count, widest);
  let bestPatches = 0;
  let patches = 0;
  for (let width = widest - 1; width >= 0; width--) {
    patches += lengths[width + 1]!;
    // A patch takes two bytes at least.
    if (2 * patches >= bestBytes) break;
    let bytes = packedBytes(count, width) + 1 + patches;
    for (let length = width + 1; length <= widest; length++) {
      bytes += lengths[length]! * Math.ceil((length - width) / 7);
    }
    if (bytes >= bestBytes) continue;
    best = width;
    bestBytes = bytes;
    bestPatches = patches;
  }
  return { integers: residuals, count, unitBits, width: best, patchCount: bestPatches, bytes: bestBytes };
}

function writePacking(packing: Packing, out: Uint8Array, at: number): number {
  const { width, unitBits, patchCount } = packing;
  out[at] = width | (unitBits > 0 ? HAS_UNIT : 0) | (patchCount > 0 ? HAS_PATCHES : 0);
  if (unitBits === 0) return at + 1;
  out[at + 1] = unitBits;
  return at + 2;
}

function writeResiduals(packing: Packing, out: Uint8Array, at: number): number {
  const { integers, count, width, patchCount } = packing;
  let end = at;
  if (patchCount > 0) end += writePatches(integers, count, width, out, end);
  return end + packBits(integers, count, width, out, end);
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
      return readIntegers(bytes, at, count, out, outFrom);
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

function readIntegers(
  bytes: Uint8Array,
  at: number,
  count: number,
  out: Float64Array,
  outFrom: number,
): number {
  const mode = bytes[at]! & 7;
  const packing = bytes[at + 1]!;
  let end = at + 2;
  const unit = (packing & HAS_UNIT) === 0 ? 1 : 2 ** bytes[end++]!;
  const firstOrBase = readVarint(bytes, end);
  end += varintBytes(firstOrBase);
  let base = 0;
  if (mode === STEPS) {
    const folded = readVarint(bytes, end);
    end += varintBytes(folded);
    base = unfoldSign(folded);
  }
  const patchesAt = end;
  const width = packing & WIDTH_MASK;
  const from = mode === RAW ? outFrom : outFrom + 1;
  const to = outFrom + count;
  if ((packing & HAS_PATCHES) !== 0) end += patchesBytes(bytes, end);
  end += unpackBits(bytes, end, to - from, width, out, from);
  if ((packing & HAS_PATCHES) !== 0 && !addPatches(bytes, patchesAt, 2 ** width, out, from, to)) {
    throw new MalformedBytesError(`column of ${count} values at byte ${at} has a patch beyond its end`);
  }
  const firstInteger = unfoldSign(firstOrBase);
  if (mode === RAW) addBase(out, outFrom, to, firstInteger, unit);
  else if (mode === STEPS) sumSteps(out, outFrom, to, firstInteger, base, unit);
  else sumFoldedSteps(out, outFrom, to, firstInteger, unit);
  scaleDown(out, outFrom, to, bytes[at]! >>> 3);
  return end - at;
}
