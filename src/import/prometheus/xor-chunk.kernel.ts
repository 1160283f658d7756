// Float chunks of Prometheus, encoding XOR. Bits run from the highest of each byte down.
//
// | field        | bits | meaning                                                                          |
// | ------------ | ---- | -------------------------------------------------------------------------------- |
// | first time   | 8…80 | folded varint, ms                                                                |
// | first value  | 64   | a float                                                                          |
// | first delta  | 8…80 | varint; second time less the first                                               |
// | change of    | 1…68 | of each time from the third on: 0: none; 10, 110, 1110: a signed number of 14,   |
// | the delta    |      | 17, 20 bits follows; 1111: of 64                                                 |
// | value        | 1…77 | what differs from the value before: 0: nothing; 10: the bits in the last window; |
// |              |      | 11: leading zeros (5 bits), length (6 bits, 0 for 64), then that many bits       |
//
// A signed number of n bits is negative when it is above 2^(n-1), so its highest is 2^(n-1).

/** Bits `[at, at + count)` of `data` as a number, 1 ≤ count ≤ 32. What lies behind the end counts as zeros. */
export function takeBits(data: Uint8Array, at: number, count: number): number {
  const byte = at >>> 3;
  const shift = at & 7;
  const word = (data[byte]! << 24) | (data[byte + 1]! << 16) | (data[byte + 2]! << 8) | data[byte + 3]!;
  return ((word << shift) | (data[byte + 4]! >>> (8 - shift))) >>> (32 - count);
}

/** The varint at byte `at`; its length is up to `varintEnd`. Floats beyond 2^53. */
export function takeVarint(data: Uint8Array, at: number): number {
  let value = 0;
  let scale = 1;
  for (let i = at; i < at + 10; i++) {
    const byte = data[i]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
    scale *= 128;
  }
  return value;
}

/** Offset of the byte behind the varint at byte `at`. */
export function varintEnd(data: Uint8Array, at: number): number {
  let end = at;
  while (end < at + 9 && data[end]! >= 0x80) end++;
  return end + 1;
}

/**
 * Decodes `count` ≥ 1 samples that begin at byte `from` of `data` into elements `row` … of `times` (ms) and, as pairs of
 * words, of `bits`, which have room for them. `data` is readable for 16 bytes behind the chunk. Gives the offset of the
 * bit behind the last sample, which is beyond the chunk when it was cut short, or -1 when a window of bits makes no sense.
 */
export function decodeXorSamples(
  data: Uint8Array,
  from: number,
  count: number,
  times: Float64Array,
  bits: Uint32Array,
  row: number,
): number {
  const folded = takeVarint(data, from);
  let time = (data[from]! & 1) === 1 ? -(folded + 1) / 2 : folded / 2;
  let at = varintEnd(data, from) * 8;
  let high = takeBits(data, at, 32);
  let low = takeBits(data, at + 32, 32);
  at += 64;
  times[row] = time;
  bits[2 * row] = low;
  bits[2 * row + 1] = high;
  let delta = 0;
  let length = 64;
  let trailing = 0;
  for (let i = 1; i < count; i++) {
    if (i === 1) {
      delta = takeVarint(data, at >>> 3);
      at = varintEnd(data, at >>> 3) * 8;
    } else {
      const prefix = takeBits(data, at, 4);
      if (prefix < 8) at += 1;
      else if (prefix < 15) {
        const size = prefix < 12 ? 14 : prefix < 14 ? 17 : 20;
        at += prefix < 12 ? 2 : prefix < 14 ? 3 : 4;
        const change = takeBits(data, at, size);
        delta += change > 1 << (size - 1) ? change - (1 << size) : change;
        at += size;
      } else {
        delta += (takeBits(data, at + 4, 32) | 0) * 4_294_967_296 + takeBits(data, at + 36, 32);
        at += 68;
      }
    }
    time += delta;
    times[row + i] = time;
    const control = takeBits(data, at, 2);
    if (control < 2) at += 1;
    else {
      at += 2;
      if (control === 3) {
        length = takeBits(data, at + 5, 6);
        if (length === 0) length = 64;
        trailing = 64 - takeBits(data, at, 5) - length;
        if (trailing < 0) return -1;
        at += 11;
      }
      let changedHigh = length > 32 ? takeBits(data, at, length - 32) : 0;
      let changedLow = takeBits(data, length > 32 ? at + length - 32 : at, length > 32 ? 32 : length);
      at += length;
      if (trailing >= 32) {
        changedHigh = changedLow << (trailing - 32);
        changedLow = 0;
      } else if (trailing > 0) {
        changedHigh = (changedHigh << trailing) | (changedLow >>> (32 - trailing));
        changedLow <<= trailing;
      }
      high ^= changedHigh;
      low ^= changedLow;
    }
    bits[2 * (row + i)] = low;
    bits[2 * (row + i) + 1] = high;
  }
  return at;
}
