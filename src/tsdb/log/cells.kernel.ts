// Cells of a row as differences to the row before it. Two bits a cell say how it follows:
//
// | code | meaning                                  | payload                                            |
// | ---- | ---------------------------------------- | -------------------------------------------------- |
// | 0    | same bits as before, or absent as before | none                                               |
// | 1    | before + d, -128 ≤ d < 128               | d                                                  |
// | 2    | anything else                            | a tag and what it says                             |
// | 3    | absent                                   | none                                               |
//
// | tag       | meaning                                       | payload                                        |
// | --------- | --------------------------------------------- | ---------------------------------------------- |
// | 00zzzzzz  | before + d, zigzag(d) < 2^14                  | 1 byte, low bits                               |
// | 01zzzzzz  | before + d, zigzag(d) < 2^22                  | 2 bytes                                        |
// | 10zzzzzz  | before + d, zigzag(d) < 2^30                  | 3 bytes                                        |
// | 1100kkbb  | (round(before × 10^(k+1)) + d) / 10^(k+1)     | b + 1 bytes of zigzag(d)                       |
// | 11010000 + 8 l + t | bits before XOR payload: l leading bytes (up to 3) and t trailing bytes are 0 | 8 - l - t bytes, most significant first |
// | 11110000  | stale marker                                  | none                                           |
//
// "Before" is +0 where the row before has no sample. A cell `i` of a view of words is words 2i (low) and 2i + 1.

import { isAbsentAt, isStaleAt, setAbsentAt, setStaleAt } from "../../model/index.ts";

const SAME = 0;
const BYTE = 1;
const TAGGED = 2;
const ABSENT = 3;
const XOR_TAG = 0xd0;
const STALE_TAG = 0xf0;
const SCALES = Float64Array.of(10, 100, 1000, 10000);
const SCALED_MAX = 2 ** 51;

// Bytes of one cell, tag included.
const TAGGED_BYTES_MAX = 9;

/** Most bytes that `encodeCells` writes for `count` cells. */
export function maxCellsBytes(count: number): number {
  return Math.ceil(count / 4) + TAGGED_BYTES_MAX * count;
}

/**
 * Writes cells `[from, from + count)` of `bits` to `out[at]` as differences to the same cells of `before`; `values`
 * and `beforeValues` view the same memory as numbers. Needs `maxCellsBytes(count)` bytes. Returns the end.
 */
export function encodeCells(
  bits: Uint32Array,
  values: Float64Array,
  before: Uint32Array,
  beforeValues: Float64Array,
  from: number,
  count: number,
  out: Uint8Array,
  at: number,
): number {
  let codeAt = at;
  let codes = 0;
  let end = at + ((count + 3) >> 2);
  for (let i = 0; i < count; i++) {
    const cell = from + i;
    const low = bits[2 * cell]!;
    const high = bits[2 * cell + 1]!;
    let code = SAME;
    if (low !== before[2 * cell] || high !== before[2 * cell + 1]) {
      if (isAbsentAt(bits, cell)) code = ABSENT;
      else {
        const value = values[cell]!;
        const base = isAbsentAt(before, cell) ? 0 : beforeValues[cell]!;
        const difference = value - base;
        // -0 is the one number whose bits a sum does not give.
        if (
          difference >= -128 &&
          difference < 128 &&
          (difference | 0) === difference &&
          base + difference === value &&
          (value !== 0 || high === 0)
        ) {
          code = BYTE;
          out[end++] = difference;
        } else {
          code = TAGGED;
          end = encodeTagged(bits, values, before, beforeValues, cell, out, end);
        }
      }
    }
    codes |= code << (2 * (i & 3));
    if ((i & 3) === 3) {
      out[codeAt++] = codes;
      codes = 0;
    }
  }
  if ((count & 3) !== 0) out[codeAt] = codes;
  return end;
}

function encodeTagged(
  bits: Uint32Array,
  values: Float64Array,
  before: Uint32Array,
  beforeValues: Float64Array,
  cell: number,
  out: Uint8Array,
  at: number,
): number {
  if (isStaleAt(bits, cell) && bits[2 * cell + 1] === 0x7ff00000) {
    out[at] = STALE_TAG;
    return at + 1;
  }
  const isFirst = isAbsentAt(before, cell);
  const value = values[cell]!;
  const base = isFirst ? 0 : beforeValues[cell]!;
  const isPlain = value !== 0 || bits[2 * cell + 1] === 0;
  const difference = value - base;
  if (
    isPlain &&
    difference >= -(2 ** 29) &&
    difference < 2 ** 29 &&
    (difference | 0) === difference &&
    base + difference === value
  ) {
    const folded = zigzag(difference);
    const more = folded < 1 << 14 ? 1 : folded < 1 << 22 ? 2 : 3;
    out[at] = ((more - 1) << 6) | (folded >>> (8 * more));
    return putLow(folded, more, out, at + 1);
  }
  if (isPlain) {
    for (let k = 0; k < 4; k++) {
      const scale = SCALES[k]!;
      const whole = Math.round(value * scale);
      if (!(whole <= SCALED_MAX && whole >= -SCALED_MAX) || whole / scale !== value) continue;
      const scaled = whole - Math.round(base * scale);
      if (!(scaled >= -(2 ** 30) && scaled < 2 ** 30)) break;
      // -0 cannot come out: `whole` is not 0 where the value is not.
      if ((Math.round(base * scale) + scaled) / scale !== value || whole === 0) break;
      const folded = zigzag(scaled);
      const size = folded < 1 << 8 ? 1 : folded < 1 << 16 ? 2 : folded < 1 << 24 ? 3 : 4;
      out[at] = 0xc0 | (k << 2) | (size - 1);
      return putLow(folded, size, out, at + 1);
    }
  }
  return encodeXor(bits, before, isFirst, cell, out, at);
}

function encodeXor(
  bits: Uint32Array,
  before: Uint32Array,
  isFirst: boolean,
  cell: number,
  out: Uint8Array,
  at: number,
): number {
  const low = (bits[2 * cell]! ^ (isFirst ? 0 : before[2 * cell]!)) >>> 0;
  const high = (bits[2 * cell + 1]! ^ (isFirst ? 0 : before[2 * cell + 1]!)) >>> 0;
  const leading = high === 0 ? 3 : Math.min(3, Math.clz32(high) >> 3);
  const trailing = low !== 0 ? trailingBytes(low) : 4 + (high === 0 ? 0 : trailingBytes(high));
  const dropped = Math.min(trailing, 7 - leading);
  out[at++] = XOR_TAG + 8 * leading + dropped;
  for (let byte = 7 - leading; byte >= dropped; byte--) {
    out[at++] = byte >= 4 ? high >>> (8 * (byte - 4)) : low >>> (8 * byte);
  }
  return at;
}

function trailingBytes(word: number): number {
  return (31 - Math.clz32(word & -word)) >> 3;
}

function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

function unfold(folded: number): number {
  return (folded >>> 1) ^ -(folded & 1);
}

function putLow(folded: number, bytes: number, out: Uint8Array, at: number): number {
  for (let byte = 0; byte < bytes; byte++) out[at++] = folded >>> (8 * byte);
  return at;
}

/**
 * Reads back what `encodeCells` wrote for the same `from` and `count`: `bits` (viewed as numbers by `values`) holds the
 * cells before and becomes the row. Returns the end, which lies above `bytes.length` when the bytes end too early; the
 * cells are then meaningless.
 */
export function decodeCells(
  bytes: Uint8Array,
  at: number,
  from: number,
  count: number,
  bits: Uint32Array,
  values: Float64Array,
): number {
  let end = at + ((count + 3) >> 2);
  for (let first = 0; first < count; first += 4) {
    let codes = bytes[at + (first >> 2)]!;
    // Cells that stay as they are, most of them in most rows, cost nothing.
    for (let cell = from + first; codes !== 0; cell++, codes >>= 2) {
      const code = codes & 3;
      if (code === SAME) continue;
      if (code === BYTE) {
        const difference = (bytes[end++]! << 24) >> 24;
        values[cell] = (isAbsentAt(bits, cell) ? 0 : values[cell]!) + difference;
      } else if (code === ABSENT) setAbsentAt(bits, cell);
      else end = decodeTagged(bytes, end, cell, bits, values);
    }
  }
  return end;
}

function decodeTagged(
  bytes: Uint8Array,
  at: number,
  cell: number,
  bits: Uint32Array,
  values: Float64Array,
): number {
  const tag = bytes[at++]!;
  if (tag >= STALE_TAG) {
    setStaleAt(bits, cell);
    return at;
  }
  const isFirst = isAbsentAt(bits, cell);
  const base = isFirst ? 0 : values[cell]!;
  if (tag < 0xc0) {
    const more = (tag >> 6) + 1;
    const folded = ((tag & 0x3f) << (8 * more)) | readLow(bytes, at, more);
    values[cell] = base + unfold(folded);
    return at + more;
  }
  if (tag < XOR_TAG) {
    const size = (tag & 3) + 1;
    const scale = SCALES[(tag >> 2) & 3]!;
    values[cell] = (Math.round(base * scale) + unfold(readLow(bytes, at, size))) / scale;
    return at + size;
  }
  const leading = (tag - XOR_TAG) >> 3;
  const dropped = (tag - XOR_TAG) & 7;
  let low = isFirst ? 0 : bits[2 * cell]!;
  let high = isFirst ? 0 : bits[2 * cell + 1]!;
  for (let byte = 7 - leading; byte >= dropped; byte--) {
    if (byte >= 4) high ^= bytes[at++]! << (8 * (byte - 4));
    else low ^= bytes[at++]! << (8 * byte);
  }
  bits[2 * cell] = low;
  bits[2 * cell + 1] = high;
  return at;
}

function readLow(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let byte = 0; byte < count; byte++) value |= bytes[at + byte]! << (8 * byte);
  return value >>> 0;
}
