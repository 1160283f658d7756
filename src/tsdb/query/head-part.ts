// What a selection reads of the head: which columns its series have, and the state of their tables, as they were when the
// selection began. The rows themselves lie in shared memory and are read in place.

import { seriesId } from "../../model/index.ts";
import type { Head } from "../head/head.ts";
import type { LateShare } from "../late/reader.ts";
import { SlotCollector, type SlotsCopy } from "../table/slot-tables.ts";
import type { TimeRange } from "./run.ts";

/** Postable. Pieces of series `i` are elements `[ends[i - 1], ends[i])` of the columns beside `ends`. */
export interface HeadPart {
  readonly series: Uint32Array; // Ids, ascending.
  readonly ends: Uint32Array;
  readonly slots: Uint32Array; // Of tables; newest piece first.
  readonly columns: Uint32Array;
  readonly tables: SlotsCopy;
  /** Undefined: no late sample lies in the range. */
  readonly late: LatePart | undefined;
}

/** Pieces whose samples came late. */
export interface LatePart {
  readonly shares: readonly LateShare[];
  readonly ends: Uint32Array;
  readonly tables: Uint32Array;
  readonly columns: Uint32Array;
}

/** Collects the pieces of the series that may have samples in `range`, late ones in `lateRange`; both closed, in ms. */
export function collectHeadPart(
  head: Head,
  series: Uint32Array,
  range: TimeRange,
  lateRange: TimeRange,
): HeadPart {
  const { columns, tables } = head;
  const collector = new SlotCollector(tables);
  const ends = new Uint32Array(series.length);
  const slots = new WordList(series.length);
  const numbers = new WordList(series.length);
  let lastTable = -1;
  let slot = -1;
  for (let i = 0; i < series.length; i++) {
    for (let piece = columns.first(seriesId(series[i]!)); piece !== 0; piece = columns.next(piece)) {
      const table = columns.tableOf(piece);
      if (tables.lastTimes[table]! < range.from) continue;
      if (table !== lastTable) slot = collector.slotOf(table);
      lastTable = table;
      const column = columns.columnOf(piece);
      collector.addColumn(slot, column);
      slots.push(slot);
      numbers.push(column);
    }
    ends[i] = slots.length;
  }
  const late = collectLate(head, series, lateRange);
  return { series, ends, slots: slots.taken(), columns: numbers.taken(), tables: collector.copy(), late };
}

function collectLate(head: Head, series: Uint32Array, range: TimeRange): LatePart | undefined {
  const shares = head.late.shares(range.from, range.to);
  if (shares === undefined) return undefined;
  const { columns } = head;
  const ends = new Uint32Array(series.length);
  const lateTables = new Set(shares.map(({ table }) => table));
  const tables = new WordList(16);
  const numbers = new WordList(16);
  for (let i = 0; i < series.length; i++) {
    for (let piece = columns.first(seriesId(series[i]!)); piece !== 0; piece = columns.next(piece)) {
      const table = columns.tableOf(piece);
      if (!lateTables.has(table)) continue;
      tables.push(table);
      numbers.push(columns.columnOf(piece));
    }
    ends[i] = tables.length;
  }
  return { shares, ends, tables: tables.taken(), columns: numbers.taken() };
}

class WordList {
  #words: Uint32Array;
  length = 0;

  constructor(capacity: number) {
    this.#words = new Uint32Array(Math.max(1, capacity));
  }

  push(word: number): void {
    if (this.length === this.#words.length) {
      const grown = new Uint32Array(2 * this.length);
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words[this.length++] = word;
  }

  /** What was pushed; a copy where the list has room left, so that posting it costs no more than it must. */
  taken(): Uint32Array {
    return this.length === this.#words.length ? this.#words : this.#words.slice(0, this.length);
  }
}
