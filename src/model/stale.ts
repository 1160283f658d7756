// NaNs that mean something are bit patterns, never numbers: arithmetic, plain arrays and message passing
// quieten or replace NaN payloads. Values stay in Float64Arrays and are tested through a Uint32Array view
// of the same buffer with the quiet bit masked. Little-endian hosts only (every platform Node ships for
// today's Prometheus users); checked once below.

const STALE_LO = 0x00000002;
const MARKER_HI = 0x7ff00000;
const QUIET_MASK = 0xfff7ffff;
// Our own "no sample in this row": never leaves the store or the query engine.
const ABSENT_LO = 0x6e617274;

if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1) {
  throw new Error("narthex needs a little-endian machine");
}

/** The 32-bit view of a value column: element `2 * i` is the low word of value `i`. */
export function bitsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}

/**
 * Whether value `index` of the column viewed by `bits` is the staleness marker 0x7ff0000000000002.
 * Source: Prometheus model/value, StaleNaN; spec STL-1.
 */
export function isStaleAt(bits: Uint32Array, index: number): boolean {
  return bits[2 * index] === STALE_LO && (bits[2 * index + 1]! & QUIET_MASK) === MARKER_HI;
}

/** Whether row `index` holds no sample at all. */
export function isAbsentAt(bits: Uint32Array, index: number): boolean {
  return bits[2 * index] === ABSENT_LO && (bits[2 * index + 1]! & QUIET_MASK) === MARKER_HI;
}

export function setStaleAt(bits: Uint32Array, index: number): void {
  bits[2 * index] = STALE_LO;
  bits[2 * index + 1] = MARKER_HI;
}

export function setAbsentAt(bits: Uint32Array, index: number): void {
  bits[2 * index] = ABSENT_LO;
  bits[2 * index + 1] = MARKER_HI;
}

/** Writes the ordinary NaN 0x7ff8000000000001, to which every NaN from a text format is normalised (SCR-41). */
export function setNormalNaNAt(bits: Uint32Array, index: number): void {
  bits[2 * index] = 1;
  bits[2 * index + 1] = 0x7ff80000;
}

/** Fills `[from, to)` with the absent marker. */
export function fillAbsent(bits: Uint32Array, from: number, to: number): void {
  for (let index = from; index < to; index++) {
    bits[2 * index] = ABSENT_LO;
    bits[2 * index + 1] = MARKER_HI;
  }
}
