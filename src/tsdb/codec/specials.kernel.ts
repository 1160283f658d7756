/*
 * Runs of special values, taken out of a column so that the rest is plain numbers: NaNs of every kind (the stale
 * and absent markers are NaNs), infinities and -0.
 *
 * | field     | bytes  | meaning                                                                        |
 * | --------- | ------ | ------------------------------------------------------------------------------ |
 * | run count | varint |                                                                                |
 * | each run: |        |                                                                                |
 * | gap       | varint | plain values since the last run                                                |
 * | length    | varint | values in the run · 8 + kind                                                   |
 * | bits      | 8      | only for kind 6                                                                |
 *
 * Kinds: 0 absent, 1 stale, 2 the ordinary NaN 0x7ff8000000000001, 3 +Inf, 4 -Inf, 5 -0, 6 other bits.
 */
import { readVarint, varintBytes, writeVarint } from "./bits.kernel.ts";

const OTHER = 6;
const KIND_LO = new Uint32Array([0x6e617274, 2, 1, 0, 0, 0]);
const KIND_HI = new Uint32Array([0x7ff00000, 0x7ff00000, 0x7ff80000, 0x7ff00000, 0xfff00000, 0x80000000]);

/**
 * Copies the plain values of `values[from, from + count)` to `plain` in order. Returns how many they are.
 */
export function takePlain(values: Float64Array, from: number, count: number, plain: Float64Array): number {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const value = values[from + i]!;
    // NaN and infinities minus themselves are NaN; only -0 is a zero with a negative inverse.
    if (value - value !== 0 || (value === 0 && 1 / value < 0)) continue;
    plain[kept++] = value;
  }
  return kept;
}

/** Writes how many runs of special values there are and the bytes they take to `extent[0…1]`. */
export function findRuns(words: Uint32Array, from: number, count: number, extent: Int32Array): void {
  const to = 2 * (from + count);
  let runs = 0;
  let bytes = 0;
  let gap = 0;
  for (let i = 2 * from; i < to;) {
    const lo = words[i]!;
    const hi = words[i + 1]!;
    if (!isSpecial(lo, hi)) {
      gap++;
      i += 2;
      continue;
    }
    let next = i + 2;
    while (next < to && words[next] === lo && words[next + 1] === hi) next += 2;
    bytes += varintBytes(gap) + varintBytes(((next - i) >>> 1) * 8) + (kindOf(lo, hi) === OTHER ? 8 : 0);
    runs++;
    gap = 0;
    i = next;
  }
  extent[0] = runs;
  extent[1] = varintBytes(runs) + bytes;
}

/** Writes the `runs` runs of special values seen through `words` from value `from` on at `out[at]`. Returns the bytes used. */
export function writeRuns(
  words: Uint32Array,
  from: number,
  count: number,
  runs: number,
  out: Uint8Array,
  at: number,
): number {
  let end = at + writeVarint(runs, out, at);
  let gap = 0;
  const to = 2 * (from + count);
  for (let i = 2 * from; i < to;) {
    const lo = words[i]!;
    const hi = words[i + 1]!;
    if (!isSpecial(lo, hi)) {
      gap++;
      i += 2;
      continue;
    }
    let next = i + 2;
    while (next < to && words[next] === lo && words[next + 1] === hi) next += 2;
    end += writeRun(lo, hi, gap, (next - i) >>> 1, out, end);
    gap = 0;
    i = next;
  }
  return end - at;
}

function isSpecial(lo: number, hi: number): boolean {
  return (hi & 0x7ff00000) === 0x7ff00000 || (hi === 0x80000000 && lo === 0);
}

function kindOf(lo: number, hi: number): number {
  let kind = 0;
  while (kind < OTHER && (KIND_LO[kind] !== lo || KIND_HI[kind] !== hi)) kind++;
  return kind;
}

function writeRun(lo: number, hi: number, gap: number, length: number, out: Uint8Array, at: number): number {
  const kind = kindOf(lo, hi);
  let end = at + writeVarint(gap, out, at);
  end += writeVarint(length * 8 + kind, out, end);
  if (kind === OTHER) {
    for (let k = 0; k < 4; k++) out[end++] = lo >>> (8 * k);
    for (let k = 0; k < 4; k++) out[end++] = hi >>> (8 * k);
  }
  return end - at;
}

/**
 * Writes how many values all runs at `bytes[at]` have and how many bytes the runs take to `extent[0…1]`. Returns
 * false when they do not fit `count` values or the bytes there are.
 */
export function measureRuns(bytes: Uint8Array, at: number, count: number, extent: Int32Array): boolean {
  const runs = readVarint(bytes, at);
  let o = at + varintBytes(runs);
  let specials = 0;
  let all = 0;
  for (let run = 0; run < runs; run++) {
    // Almost all gaps and lengths fit one byte.
    let gap = bytes[o]!;
    if (gap < 0x80) o++;
    else {
      gap = readVarint(bytes, o);
      o += varintBytes(gap);
    }
    let lengthKind = bytes[o]!;
    if (lengthKind < 0x80) o++;
    else {
      lengthKind = readVarint(bytes, o);
      o += varintBytes(lengthKind);
    }
    if ((lengthKind & 7) === OTHER) o += 8;
    specials += lengthKind >>> 3;
    all += gap + (lengthKind >>> 3);
    if (all > count || o > bytes.length) return false;
  }
  extent[0] = specials;
  extent[1] = o - at;
  return true;
}

/**
 * Puts the runs at `bytes[at]` back: the plain values stand at the end of `[from, from + count)` of the column, seen
 * through `words` as well, and move forward to their places.
 */
export function putSpecials(
  bytes: Uint8Array,
  at: number,
  values: Float64Array,
  words: Uint32Array,
  from: number,
  plainFrom: number,
): void {
  const runs = readVarint(bytes, at);
  let o = at + varintBytes(runs);
  let to = from;
  let plain = plainFrom;
  for (let run = 0; run < runs; run++) {
    let gap = bytes[o]!;
    if (gap < 0x80) o++;
    else {
      gap = readVarint(bytes, o);
      o += varintBytes(gap);
    }
    // Plain values have no payload that copying them as numbers could change.
    if (to === plain) to = plain += gap;
    else for (const end = to + gap; to < end;) values[to++] = values[plain++]!;
    let lengthKind = bytes[o]!;
    if (lengthKind < 0x80) o++;
    else {
      lengthKind = readVarint(bytes, o);
      o += varintBytes(lengthKind);
    }
    const kind = lengthKind & 7;
    let lo = KIND_LO[kind < OTHER ? kind : 0]!;
    let hi = KIND_HI[kind < OTHER ? kind : 0]!;
    if (kind === OTHER) {
      lo = bytes[o]! | (bytes[o + 1]! << 8) | (bytes[o + 2]! << 16) | (bytes[o + 3]! << 24);
      hi = bytes[o + 4]! | (bytes[o + 5]! << 8) | (bytes[o + 6]! << 16) | (bytes[o + 7]! << 24);
      o += 8;
    }
    for (const end = to + (lengthKind >>> 3); to < end; to++) {
      words[2 * to] = lo;
      words[2 * to + 1] = hi;
    }
  }
}
