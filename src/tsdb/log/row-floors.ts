// Which blobs of the log of rows a start still has to read: a tile's rows are needed until they are sealed, so blobs
// before those of all tiles' first rows are not.

import type { Head } from "../head/head.ts";
import { tableId, type TableId } from "../table/table-id.ts";
import type { RowFloor } from "./seal-records.ts";

// Floors are raised each time this much was logged, in all or for each series.
const LOOK_BYTES_MIN = 65_536;
const LOOK_BYTES_PER_SERIES = 8;
// A tile that keeps more of the log than this, in all or for each series, from being passed over is sealed before it is
// full: a target that is gone or slow must not make a start read the rows of all others. Evenly filled tiles keep 32 rows
// of 1 to 2 bytes a series.
const LAG_BYTES_MIN = 2 ** 20;
const LAG_BYTES_PER_SERIES = 128;
// Most columns that are sealed early in one go, which takes some 10 ms.
const EARLY_COLUMNS_MAX = 16_384;

/** Where a log stood when so many bytes of rows had been written. */
interface Mark extends RowFloor {
  readonly bytes: number;
}

export class RowFloors {
  readonly #head: Head;
  readonly #floors: Map<number, number>; // Blob by window, as the log says.
  readonly #pinned: ReadonlySet<number>;
  // Where the first row of each table's tile lies.
  #windows = new Float64Array(64); // Start in ms.
  #blobs = new Uint32Array(64);
  #bytes = 0;
  #looksAt = LOOK_BYTES_MIN;
  #marks: Mark[] = []; // Ascending; the first one is the newest that lies too far back.

  /** `floors` are those that the log of the head has; those of windows in `pinned` are not raised. */
  constructor(head: Head, floors: ReadonlyMap<number, number>, pinned: ReadonlySet<number>) {
    this.#head = head;
    this.#floors = new Map(floors);
    this.#pinned = pinned;
    const { tables, blockRangeMs } = head;
    for (let id = 0; id < tables.tableCount; id++) {
      const table = tableId(id);
      if (tables.openRows[table] === 0) continue;
      const window = Math.floor(tables.openTime(table, 0) / blockRangeMs) * blockRangeMs;
      this.begin(table, { window, blob: floors.get(window) ?? 1 });
    }
  }

  /** Notes where the first row of a tile goes. */
  begin(table: TableId, { window, blob }: RowFloor): void {
    if (table >= this.#blobs.length) this.#grow(table);
    this.#windows[table] = window;
    this.#blobs[table] = blob;
  }

  /** Notes bytes of rows. */
  noteBytes(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Whether enough was logged to look again. */
  get isDue(): boolean {
    return this.#bytes >= this.#looksAt;
  }

  /** Tables whose tiles hold floors back and should be sealed now; `end` is where the newest rows go. */
  stragglers(end: RowFloor): TableId[] {
    const series = this.#head.index.count;
    this.#looksAt = this.#bytes + Math.max(LOOK_BYTES_MIN, LOOK_BYTES_PER_SERIES * series);
    const lag = Math.max(LAG_BYTES_MIN, LAG_BYTES_PER_SERIES * series);
    this.#marks.push({ ...end, bytes: this.#bytes });
    while (this.#marks.length > 1 && this.#bytes - this.#marks[1]!.bytes > lag) this.#marks.shift();
    const mark = this.#marks[0]!;
    if (this.#bytes - mark.bytes <= lag) return [];
    const { tables } = this.#head;
    const found: TableId[] = [];
    let columns = 0;
    for (let id = 0; id < tables.tableCount && columns < EARLY_COLUMNS_MAX; id++) {
      const table = tableId(id);
      if (tables.openRows[table] === 0 || !this.#isBefore(table, mark)) continue;
      found.push(table);
      columns += tables.columnCounts[table]!;
    }
    return found;
  }

  #isBefore(table: TableId, { window, blob }: RowFloor): boolean {
    if (this.#pinned.has(this.#windows[table]!)) return false;
    return this.#windows[table]! < window || (this.#windows[table] === window && this.#blobs[table]! < blob);
  }

  /** Floors that are higher now; `ends` has the number of each window's next blob. */
  raise(ends: ReadonlyMap<number, number>): RowFloor[] {
    const raised: RowFloor[] = [];
    for (const [window, end] of ends) {
      if (this.#pinned.has(window)) continue;
      const blob = this.#floorOf(window, end);
      if (blob <= (this.#floors.get(window) ?? 1)) continue;
      this.#floors.set(window, blob);
      raised.push({ window, blob });
    }
    return raised;
  }

  #floorOf(window: number, end: number): number {
    const { tables } = this.#head;
    let floor = end;
    for (let id = 0; id < tables.tableCount; id++) {
      const table = tableId(id);
      if (tables.openRows[table] === 0) continue;
      if (this.#windows[table] === window) floor = Math.min(floor, this.#blobs[table]!);
      // Where its first row in this window lies is not known.
      else if (this.#windows[table]! < window && tables.lastTimes[table]! >= window) return 1;
    }
    return floor;
  }

  #grow(table: number): void {
    const windows = new Float64Array(2 * (table + 1));
    windows.set(this.#windows);
    this.#windows = windows;
    const blobs = new Uint32Array(2 * (table + 1));
    blobs.set(this.#blobs);
    this.#blobs = blobs;
  }
}
