// Columns of sample values. Bytes: 8 a value, as they are in memory.

/** Room that `encodeColumn` needs for `count` values, whatever they are. */
export function maxColumnBytes(count: number): number {
  return 16 + 8 * count;
}

/**
 * Writes values `[from, from + count)` at `out[at]`; needs `maxColumnBytes(count)` bytes there. Every bit pattern
 * comes back as it was, markers included. Returns the bytes used.
 */
export function encodeColumn(
  values: Float64Array,
  from: number,
  count: number,
  out: Uint8Array,
  at: number,
): number {
  out.set(new Uint8Array(values.buffer, values.byteOffset + 8 * from, 8 * count), at);
  return 8 * count;
}

/** Reads back what `encodeColumn` wrote for the same `count` into `out` from element `outFrom`. Returns the bytes read. */
export function decodeColumn(
  bytes: Uint8Array,
  at: number,
  count: number,
  out: Float64Array,
  outFrom: number,
): number {
  new Uint8Array(out.buffer, out.byteOffset + 8 * outFrom, 8 * count).set(bytes.subarray(at, at + 8 * count));
  return 8 * count;
}
