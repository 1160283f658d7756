// Codes of a slot that has no column.

/** A relabel rule drops the series. */
export const DROPPED = -1;
/** The same text stands earlier in the body (SCR-34). */
export const REPEATED = -2;
/** The store takes no new series now. */
export const REFUSED = -3;

/** Columns of the slots of one skeleton in one target's table, with what follows from them. Immutable. */
export interface SlotColumns {
  /** By slot: column, or one of the codes above. */
  readonly columns: Int32Array;
  /** Column of slot 0 when slot `s` has column `first + s` throughout; else -1. */
  readonly first: number;
  /** Like `columns`, negative also where the series gets no staleness marker when it goes (STL-8). */
  readonly tracked: Int32Array;
  readonly droppedCount: number;
  readonly repeatedCount: number;
  readonly refusedCount: number;
}

export interface SlotColumnsInput {
  readonly columns: Int32Array;
  /** By slot: not 0 when the series must not be tracked. Undefined: track all. */
  readonly untracked: Uint8Array | undefined;
}

// Rising numbers from 0; the columns of most targets are a stretch of them and need no memory of their own.
let rising = new Int32Array(0);

export function makeSlotColumns({ columns, untracked }: SlotColumnsInput): SlotColumns {
  const count = columns.length;
  let droppedCount = 0;
  let repeatedCount = 0;
  let refusedCount = 0;
  let first = count > 0 && columns[0]! >= 0 ? columns[0]! : -1;
  for (let slot = 0; slot < count; slot++) {
    const column = columns[slot]!;
    if (first >= 0 && column !== first + slot) first = -1;
    if (column === DROPPED) droppedCount++;
    else if (column === REPEATED) repeatedCount++;
    else if (column === REFUSED) refusedCount++;
  }
  const kept = first < 0 ? columns : risingFrom(first, count);
  const tracked =
    untracked === undefined
      ? kept
      : columns.map((column, slot) => (untracked[slot] === 0 ? column : DROPPED));
  return { columns: kept, first, tracked, droppedCount, repeatedCount, refusedCount };
}

function risingFrom(first: number, count: number): Int32Array {
  const needed = first + count;
  if (needed > rising.length) rising = Int32Array.from({ length: Math.max(1024, 2 * needed) }, (_, i) => i);
  return rising.subarray(first, needed);
}
