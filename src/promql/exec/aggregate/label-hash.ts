import type { Labels } from "../../../model/index.ts";

const MASK = (1n << 64n) - 1n;
const PRIME_1 = 11400714785074694791n;
const PRIME_2 = 14029467366897019727n;
const PRIME_3 = 1609587929392839161n;
const PRIME_4 = 9650029242287828579n;
const PRIME_5 = 2870177450012600261n;
const LONG_LENGTH = 255; // A length of this or more takes this byte and three more.

/**
 * The hash by which limit_ratio chooses: xxHash64 with seed 0 over each name and value with its length before it.
 * Source: Prometheus model/labels (stringlabels build), Hash; spec AGG-15.
 */
export function hashLabels(labels: Labels): bigint {
  const encoder = new TextEncoder();
  const bytes: number[] = [];
  for (const part of labels) {
    const text = encoder.encode(part);
    if (text.length < LONG_LENGTH) bytes.push(text.length);
    else bytes.push(LONG_LENGTH, text.length & 0xff, (text.length >> 8) & 0xff, (text.length >> 16) & 0xff);
    for (const byte of text) bytes.push(byte);
  }
  return xxHash64(Uint8Array.from(bytes));
}

/** xxHash64 with seed 0. Source: the algorithm's public specification. */
export function xxHash64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { length } = bytes;
  let at = 0;
  let hash = PRIME_5;
  if (length >= 32) {
    const lanes = [(PRIME_1 + PRIME_2) & MASK, PRIME_2, 0n, -PRIME_1 & MASK];
    for (; at + 32 <= length; at += 32) {
      for (let lane = 0; lane < 4; lane++)
        lanes[lane] = round(lanes[lane]!, view.getBigUint64(at + 8 * lane, true));
    }
    const [a, b, c, d] = lanes as [bigint, bigint, bigint, bigint];
    hash = (rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n)) & MASK;
    for (const lane of lanes) hash = ((hash ^ round(0n, lane)) * PRIME_1 + PRIME_4) & MASK;
  }
  hash = (hash + BigInt(length)) & MASK;
  for (; at + 8 <= length; at += 8) {
    hash ^= round(0n, view.getBigUint64(at, true));
    hash = (rotate(hash, 27n) * PRIME_1 + PRIME_4) & MASK;
  }
  if (at + 4 <= length) {
    hash ^= (BigInt(view.getUint32(at, true)) * PRIME_1) & MASK;
    hash = (rotate(hash, 23n) * PRIME_2 + PRIME_3) & MASK;
    at += 4;
  }
  for (; at < length; at++) {
    hash ^= (BigInt(bytes[at]!) * PRIME_5) & MASK;
    hash = (rotate(hash, 11n) * PRIME_1) & MASK;
  }
  return avalanche(hash);
}

function avalanche(hash: bigint): bigint {
  let mixed = ((hash ^ (hash >> 33n)) * PRIME_2) & MASK;
  mixed = ((mixed ^ (mixed >> 29n)) * PRIME_3) & MASK;
  return mixed ^ (mixed >> 32n);
}

function round(lane: bigint, input: bigint): bigint {
  return (rotate((lane + input * PRIME_2) & MASK, 31n) * PRIME_1) & MASK;
}

function rotate(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & MASK;
}
