/*
 * Non-negative integers as packed bits, and single integers as varints.
 *
 * A run of `count` integers of `width` bits (0…54) is cut into layers of 24 bits, lowest first, so that one
 * integer of a layer always fits a 32-bit word wherever it starts; each layer begins on a byte.
 *
 * | field   | bytes                   | meaning                                                      |
 * | ------- | ----------------------- | ------------------------------------------------------------ |
 * | layer 0 | ceil(count · w / 8)     | bits 0-23, or all when width ≤ 24; lowest bit first          |
 * | layer 1 | ceil(count · w / 8)     | bits 24-47, only when width > 24                             |
 * | layer 2 | ceil(count · w / 8)     | bits 48-53, only when width > 48                             |
 *
 * A varint is LEB128: 7 bits a byte, lowest first, the high bit set on all bytes but the last.
 */

const LAYER_BITS = 24;
const LAYER_SIZE = 2 ** LAYER_BITS;

/** Bytes that `packBits` writes. */
export function packedBytes(count: number, width: number): number {
  let bytes = 0;
  for (let rest = width; rest > 0; rest -= LAYER_BITS) {
    bytes += (count * (rest < LAYER_BITS ? rest : LAYER_BITS) + 7) >>> 3;
  }
  return bytes;
}

/** Writes `integers[0, count)`, each below 2^width, at `out[at]`; leaves `integers` undefined. Returns the bytes used. */
export function packBits(
  integers: Float64Array,
  count: number,
  width: number,
  out: Uint8Array,
  at: number,
): number {
  let end = at;
  let rest = width;
  while (rest > LAYER_BITS) {
    end += packLayer(integers, count, LAYER_BITS, out, end);
    for (let i = 0; i < count; i++) integers[i] = Math.floor(integers[i]! / LAYER_SIZE);
    rest -= LAYER_BITS;
  }
  if (rest > 0) end += packLayer(integers, count, rest, out, end);
  return end - at;
}

function packLayer(
  integers: Float64Array,
  count: number,
  width: number,
  out: Uint8Array,
  at: number,
): number {
  const mask = 2 ** width - 1;
  let end = at;
  let word = 0;
  let wordBits = 0; // Always below 8 between integers, so that a layer's 24 bits fit on top.
  for (let i = 0; i < count; i++) {
    word |= (integers[i]! & mask) << wordBits;
    wordBits += width;
    while (wordBits >= 8) {
      out[end++] = word;
      word >>>= 8;
      wordBits -= 8;
    }
  }
  if (wordBits > 0) out[end++] = word;
  return end - at;
}

/**
 * Reads back `count` integers of `width` bits from `bytes[at]` into `out` from element `outFrom`. Bytes missing
 * at the end of `bytes` read as 0. Returns the bytes read.
 */
export function unpackBits(
  bytes: Uint8Array,
  at: number,
  count: number,
  width: number,
  out: Float64Array,
  outFrom: number,
): number {
  if (width === 0) {
    out.fill(0, outFrom, outFrom + count);
    return 0;
  }
  let end = at;
  let scale = 1;
  for (let rest = width; rest > 0; rest -= LAYER_BITS) {
    const layerBits = rest < LAYER_BITS ? rest : LAYER_BITS;
    unpackLayer(bytes, end, count, layerBits, out, outFrom, scale);
    end += (count * layerBits + 7) >>> 3;
    scale *= LAYER_SIZE;
  }
  return end - at;
}

function unpackLayer(
  bytes: Uint8Array,
  at: number,
  count: number,
  width: number,
  out: Float64Array,
  outFrom: number,
  scale: number,
): void {
  const mask = 2 ** width - 1;
  // Integers whose four bytes all lie inside the array; the rest is read with care.
  const safe = Math.min(count, Math.max(0, Math.floor(((bytes.length - at - 4) * 8) / width)));
  let bit = 0;
  if (scale === 1) {
    for (let i = 0; i < safe; i++) {
      const o = at + (bit >>> 3);
      const word = bytes[o]! | (bytes[o + 1]! << 8) | (bytes[o + 2]! << 16) | (bytes[o + 3]! << 24);
      out[outFrom + i] = (word >>> (bit & 7)) & mask;
      bit += width;
    }
  } else {
    for (let i = 0; i < safe; i++) {
      const o = at + (bit >>> 3);
      const word = bytes[o]! | (bytes[o + 1]! << 8) | (bytes[o + 2]! << 16) | (bytes[o + 3]! << 24);
      out[outFrom + i]! += ((word >>> (bit & 7)) & mask) * scale;
      bit += width;
    }
  }
  for (let i = safe; i < count; i++) {
    const o = at + (bit >>> 3);
    let word = 0;
    for (let k = 0; k < 4; k++) if (o + k < bytes.length) word |= bytes[o + k]! << (8 * k);
    const value = ((word >>> (bit & 7)) & mask) * scale;
    out[outFrom + i] = scale === 1 ? value : out[outFrom + i]! + value;
    bit += width;
  }
}

/**
 * Writes a patch for each of `integers[0, count)` that is wider than `width`: the gap since the last patch and the
 * bits above, both varints, after their number; cuts the integers to `width`. Returns the bytes used.
 */
export function writePatches(
  integers: Float64Array,
  count: number,
  width: number,
  out: Uint8Array,
  at: number,
): number {
  const limit = 2 ** width;
  let patches = 0;
  for (let i = 0; i < count; i++) if (integers[i]! >= limit) patches++;
  let end = at + writeVarint(patches, out, at);
  let next = 0;
  for (let i = 0; i < count; i++) {
    const integer = integers[i]!;
    if (integer < limit) continue;
    const above = Math.floor(integer / limit);
    integers[i] = integer - above * limit;
    end += writeVarint(i - next, out, end);
    end += writeVarint(above, out, end);
    next = i + 1;
  }
  return end - at;
}

/** Bytes of the patches at `bytes[at]`. */
export function patchesBytes(bytes: Uint8Array, at: number): number {
  const patches = readVarint(bytes, at);
  let o = at + varintBytes(patches);
  for (let i = 0; i < 2 * patches && o < bytes.length; i++) o += varintBytes(readVarint(bytes, o));
  return o - at;
}

/** Adds the patches at `bytes[at]`, times `limit`, to `out[from, to)`. Returns false when one lies beyond. */
export function addPatches(
  bytes: Uint8Array,
  at: number,
  limit: number,
  out: Float64Array,
  from: number,
  to: number,
): boolean {
  const patches = readVarint(bytes, at);
  let o = at + varintBytes(patches);
  let next = from;
  for (let patch = 0; patch < patches; patch++) {
    const gap = readVarint(bytes, o);
    o += varintBytes(gap);
    const above = readVarint(bytes, o);
    o += varintBytes(above);
    next += gap;
    if (next >= to) return false;
    out[next]! += above * limit;
    next++;
  }
  return true;
}

/** Bytes of `value` (0…2^53) as a varint. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/** Writes `value` (0…2^53) at `out[at]`. Returns the bytes used. */
export function writeVarint(value: number, out: Uint8Array, at: number): number {
  let end = at;
  let rest = value;
  while (rest >= 128) {
    const above = Math.floor(rest / 128);
    out[end++] = rest - above * 128 + 128;
    rest = above;
  }
  out[end++] = rest;
  return end - at;
}

/** The varint at `bytes[at]`; it is `varintBytes(result)` bytes long. Stops at the end of `bytes` or after 8 bytes. */
export function readVarint(bytes: Uint8Array, at: number): number {
  let value = 0;
  let scale = 1;
  const end = Math.min(bytes.length, at + 8);
  for (let o = at; o < end; o++) {
    const byte = bytes[o]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
    scale *= 128;
  }
  return value;
}

/** Folds the sign of an integer (±2^52) into its lowest bit. */
export function foldSign(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

export function unfoldSign(folded: number): number {
  return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
}
