// One pass over decoded values for the bit patterns that are not numbers.

import { isAbsentAt, isStaleAt } from "../../model/index.ts";

export const HAS_ABSENT = 1;
export const HAS_STALE = 2;

const MARKER_HI = 0x7ff00000;
const QUIET_MASK = 0xfff7ffff;

/** Which markers cells `[from, to)` hold: HAS_ABSENT and HAS_STALE, added up. Errors: none. */
export function scanMarkers(bits: Uint32Array, from: number, to: number): number {
  let flags = 0;
  for (let cell = from; cell < to; cell++) {
    // Both markers share the high word, and ordinary columns have no such word at all.
    if ((bits[2 * cell + 1]! & QUIET_MASK) !== MARKER_HI) continue;
    if (isAbsentAt(bits, cell)) flags |= HAS_ABSENT;
    else if (isStaleAt(bits, cell)) flags |= HAS_STALE;
  }
  return flags;
}

/**
 * Moves the cells that hold a sample to the front: of `count` cells of `bits`, and of `times` (the words of their
 * times) into `outTimes`. Returns how many there are. `outTimes` may be `times`. Errors: none.
 */
export function compactPresent(
  bits: Uint32Array,
  count: number,
  times: Uint32Array,
  outTimes: Uint32Array,
): number {
  let kept = 0;
  for (let cell = 0; cell < count; cell++) {
    if (isAbsentAt(bits, cell)) continue;
    bits[2 * kept] = bits[2 * cell]!;
    bits[2 * kept + 1] = bits[2 * cell + 1]!;
    outTimes[2 * kept] = times[2 * cell]!;
    outTimes[2 * kept + 1] = times[2 * cell + 1]!;
    kept++;
  }
  return kept;
}
