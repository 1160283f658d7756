// Columns of timestamps. Bytes: 8 a time, as they are in memory.
import { decodeColumn, encodeColumn, maxColumnBytes } from "./column.ts";

/** Room that `encodeTimes` needs for `count` times. */
export function maxTimesBytes(count: number): number {
  return maxColumnBytes(count);
}

/** Writes times (safe integers in ms, ascending) `[from, from + count)` at `out[at]`. Returns the bytes used. */
export function encodeTimes(
  times: Float64Array,
  from: number,
  count: number,
  out: Uint8Array,
  at: number,
): number {
  return encodeColumn(times, from, count, out, at);
}

/** Reads back what `encodeTimes` wrote for the same `count` into `out` from element `outFrom`. Returns the bytes read. */
export function decodeTimes(
  bytes: Uint8Array,
  at: number,
  count: number,
  out: Float64Array,
  outFrom: number,
): number {
  return decodeColumn(bytes, at, count, out, outFrom);
}
