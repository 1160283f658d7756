// Float chunks of Prometheus, encoding XOR2: as XOR (xor-chunk.kernel.ts), with one byte in front that tells which
// samples have a start time, and from the third sample on a prefix for time and value together.
//
// | prefix | change of the delta           | value                                                      |
// | ------ | ----------------------------- | ---------------------------------------------------------- |
// | 0      | none                          | as before                                                  |
// | 10     | none                          | 0: what differs, in the last window; 1: in a new window    |
// | 110    | a signed number of 13 bits    | 0: as before; 10: what differs, in the last window; 110: in |
// | 1110   | of 20 bits                    | a new window; 111: the staleness marker                    |
// | 11110  | of 64 bits                    |                                                            |
// | 11111  | none                          | the staleness marker                                       |
//
// "Before" is the last value that is no staleness marker; the second sample's value is written as after 110. Signed
// numbers are two's complement. Start times follow their sample and are read over: a varint behind the first one, else
// a number of variable size.

import { takeBits, takeVarint, varintEnd } from "./xor-chunk.kernel.ts";

const STALE_HIGH = 0x7ff00000;
const STALE_LOW = 2;

const SAME = 0;
const LAST_WINDOW = 1;
const NEW_WINDOW = 2;
const STALE = 3;

// By the first five bits, the number of the delta and the flag of the window included.
const PREFIX_BITS = Uint8Array.from({ length: 32 }, (_, prefix) => {
  if (prefix < 24) return prefix < 16 ? 1 : 3;
  if (prefix < 30) return prefix < 28 ? 16 : 24;
  return prefix === 30 ? 69 : 5;
});

// The signed number that follows a prefix of 24 to 30.
function deltaChange(data: Uint8Array, at: number, prefix: number): number {
  if (prefix < 28) return (takeBits(data, at + 3, 13) << 19) >> 19;
  if (prefix < 30) return (takeBits(data, at + 4, 20) << 12) >> 12;
  return (takeBits(data, at + 5, 32) | 0) * 4_294_967_296 + takeBits(data, at + 37, 32);
}

// Bits of the number of variable size at bit `at`, its own size included.
function varbitLength(data: Uint8Array, at: number): number {
  const ones = Math.clz32(~(takeBits(data, at, 8) << 24));
  switch (ones) {
    case 0:
      return 1;
    case 1:
      return 5;
    case 2:
      return 9;
    case 3:
      return 13;
    case 4:
      return 17;
    case 5:
      return 24;
    case 6:
      return 32;
    case 7:
      return 64;
    default:
      return 72;
  }
}

/**
 * Decodes `count` ≥ 1 samples; byte `from` of `data` tells of the start times, samples follow it. For all else see
 * `decodeXorSamples`.
 */
export function decodeXor2Samples(
  data: Uint8Array,
  from: number,
  count: number,
  times: Float64Array,
  bits: Uint32Array,
  row: number,
): number {
  const startsOn = data[from]! & 0x7f;
  const folded = takeVarint(data, from + 1);
  let time = (data[from + 1]! & 1) === 1 ? -(folded + 1) / 2 : folded / 2;
  let at = varintEnd(data, from + 1) * 8;
  let high = takeBits(data, at, 32);
  let low = takeBits(data, at + 32, 32);
  at += 64;
  times[row] = time;
  bits[2 * row] = low;
  bits[2 * row + 1] = high;
  if (high === STALE_HIGH && low === STALE_LOW) high = low = 0;
  if (data[from]! >= 0x80) at = varintEnd(data, at >>> 3) * 8;
  let delta = 0;
  let length = 64;
  let trailing = 0;
  for (let i = 1; i < count; i++) {
    let action = -1;
    if (i === 1) {
      delta = takeVarint(data, at >>> 3);
      at = varintEnd(data, at >>> 3) * 8;
    } else {
      const prefix = takeBits(data, at, 5);
      if (prefix < 16) action = SAME;
      else if (prefix < 24) action = takeBits(data, at + 2, 1) === 0 ? LAST_WINDOW : NEW_WINDOW;
      else if (prefix === 31) action = STALE;
      else delta += deltaChange(data, at, prefix);
      at += PREFIX_BITS[prefix]!;
    }
    if (action < 0) {
      const control = takeBits(data, at, 3);
      action = control < 4 ? SAME : control < 6 ? LAST_WINDOW : control === 6 ? NEW_WINDOW : STALE;
      at += action === SAME ? 1 : action === LAST_WINDOW ? 2 : 3;
    }
    time += delta;
    times[row + i] = time;
    if (action === NEW_WINDOW) {
      length = takeBits(data, at + 5, 6) || 64;
      trailing = 64 - takeBits(data, at, 5) - length;
      if (trailing < 0) return -1;
      at += 11;
    }
    if (action === LAST_WINDOW || action === NEW_WINDOW) {
      const upper = length > 32 ? takeBits(data, at, length - 32) : 0;
      const lower = takeBits(data, length > 32 ? at + length - 32 : at, length > 32 ? 32 : length);
      at += length;
      if (trailing >= 32) high ^= lower << (trailing - 32);
      else if (trailing === 0) {
        high ^= upper;
        low ^= lower;
      } else {
        high ^= (upper << trailing) | (lower >>> (32 - trailing));
        low ^= lower << trailing;
      }
    }
    bits[2 * (row + i)] = action === STALE ? STALE_LOW : low;
    bits[2 * (row + i) + 1] = action === STALE ? STALE_HIGH : high;
    if (startsOn > 0 && i >= startsOn) at += varbitLength(data, at);
  }
  return at;
}
