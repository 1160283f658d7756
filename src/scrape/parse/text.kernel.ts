// Compares a body with the skeleton of an earlier one and reads the numbers in between. A skeleton is everything
// but the numbers:
//
//   body      # TYPE a gauge\na{x="1"} 17\na{x="2"} 3.5 1700000000000\n
//   gaps      |# TYPE a gauge\na{x="1"} |  |\na{x="2"} |                |\n|
//   slots                              17             3.5 1700000000000     (slot 1 is timed)
//
// Gap `s` runs from the end of slot `s - 1` to the value of slot `s`; what follows the last slot is the tail. The
// gaps lie one after another in `gapBytes`, gap `s` ending at `gapEnds[s]`.
// Eight bytes are compared at a time as floats: 27 ns a sample of 87 bytes, against 31 as pairs of int32 and 77
// byte by byte (Node 24, bench/scrape/parse/text.bench.ts). Equal floats are equal bytes unless both are zeros,
// and only a gap with eight NUL bytes reads as zero: skeletons with a NUL byte are not matched at all. A NaN
// pattern differs from itself, which only sends the body the long way.

import { readTime, readValue } from "./number.kernel.ts";

/** Why `matchSkeleton` stopped. */
export const RUN_DONE = 0; // All slots up to the limit were read.
const RUN_GAP_DIFFERS = 1; // The cursor is at the start of the slot's gap.
export const RUN_VALUE_ODD = 2; // The gap is equal; the cursor is at the slot's value, which needs the long way.

/** Elements of the cursor. */
export const CURSOR_SLOT = 0; // Slot of the skeleton that comes next.
export const CURSOR_OUT = 1; // Row of the output columns that comes next.
export const CURSOR_AT = 2; // Position in the body.
export const CURSOR_SIZE = 3;

/**
 * Reads slots from the cursor on until `slotEnd`, a difference or an odd number; moves the cursor and tells why it
 * stopped. Row `i` of `values` gets the value of output row `i` and, in timed slots, `times` its time in millis.
 * Needs `length <= body.length`, both views over their bytes, columns with room for `slotEnd - slot` more rows,
 * `bits` the 32-bit view of `values`, and no NUL in `gapBytes`. Errors: none. Source: architecture, ingest.
 */
export function matchSkeleton(
  body: Uint8Array,
  bodyView: DataView,
  length: number,
  gapBytes: Uint8Array,
  gapView: DataView,
  gapEnds: Uint32Array,
  timed: Uint8Array,
  slotEnd: number,
  values: Float64Array,
  bits: Uint32Array,
  times: Float64Array,
  cursor: Int32Array,
): number {
  let slot = cursor[CURSOR_SLOT]!;
  let out = cursor[CURSOR_OUT]!;
  let at = cursor[CURSOR_AT]!;
  let gapAt = slot === 0 ? 0 : gapEnds[slot - 1]!;
  let stop = RUN_DONE;
  for (; slot < slotEnd; slot++, out++) {
    const gapEnd = gapEnds[slot]!;
    const valueAt = at + gapEnd - gapAt;
    if (valueAt > length) {
      stop = RUN_GAP_DIFFERS;
      break;
    }
    if (!sameBytes(body, bodyView, at, gapBytes, gapView, gapAt, gapEnd)) {
      stop = RUN_GAP_DIFFERS;
      break;
    }
    let next = readValue(body, valueAt, length, values, bits, out);
    if (next >= 0 && timed[slot] !== 0) next = readTimeAfterBlanks(body, next, length, times, out);
    if (next < 0) {
      stop = RUN_VALUE_ODD;
      at = valueAt;
      break;
    }
    at = next;
    gapAt = gapEnd;
  }
  cursor[CURSOR_SLOT] = slot;
  cursor[CURSOR_OUT] = out;
  cursor[CURSOR_AT] = at;
  return stop;
}

/**
 * Whether bytes `[to - (to - from), …)` of both sides are equal: `left` from `leftFrom` on, `right` from
 * `rightFrom` to `rightTo`. Needs both ranges to lie inside their arrays and no NUL in the right one.
 */
export function sameBytes(
  left: Uint8Array,
  leftView: DataView,
  leftFrom: number,
  right: Uint8Array,
  rightView: DataView,
  rightFrom: number,
  rightTo: number,
): boolean {
  let at = leftFrom;
  let from = rightFrom;
  const size = rightTo - rightFrom;
  if (size < 8) {
    for (; from < rightTo; at++, from++) if (left[at] !== right[from]) return false;
    return true;
  }
  const last = rightTo - 8;
  for (; from < last; at += 8, from += 8) {
    if (leftView.getFloat64(at, true) !== rightView.getFloat64(from, true)) return false;
  }
  // The last eight bytes, which may overlap what was compared already.
  return leftView.getFloat64(leftFrom + size - 8, true) === rightView.getFloat64(last, true);
}

function readTimeAfterBlanks(
  body: Uint8Array,
  from: number,
  length: number,
  times: Float64Array,
  out: number,
): number {
  let at = from;
  while (at < length && (body[at] === 32 || body[at] === 9)) at++;
  return at === from ? -1 : readTime(body, at, length, times, out);
}
