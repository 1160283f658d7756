// Which columns of which tables hold samples of a series. A series is global, a column is a piece of it: most
// series have one, a target that moved or a sender whose times do not line up makes more.

import { columnId } from "../../model/index.ts";
import type { ColumnId, SeriesId } from "../../model/index.ts";
import { copiedWords } from "../table/shared-words.ts";
import { tableId, type TableId } from "../table/table-id.ts";

/** Pieces of series, as `SeriesColumns` has them or had them when they were copied. */
export interface SeriesPieces {
  /** Newest piece of a series, or 0. */
  first(series: SeriesId): number;
  /** The piece after `piece`, or 0. */
  next(piece: number): number;
  tableOf(piece: number): TableId;
  columnOf(piece: number): ColumnId;
}

/** Postable: its arrays lie in shared memory of their own. */
export interface PiecesCopy {
  readonly firsts: Uint32Array; // One element a series: its newest piece.
  // One element a piece.
  readonly tables: Uint32Array;
  readonly columns: Uint32Array;
  readonly nexts: Uint32Array;
}

/** Pieces of all series, newest first. A piece is named by its number, 1 or more; 0 ends a list. */
export class SeriesColumns implements SeriesPieces {
  #firsts = new Uint32Array(1024); // One element a series: its newest piece.
  // One element a piece.
  #tables = new Uint32Array(1024);
  #columns = new Uint32Array(1024);
  #nexts = new Uint32Array(1024);
  #left = new Uint8Array(1024);
  #count = 1;
  #free: number[] = [];

  add(series: SeriesId, table: TableId, column: ColumnId): void {
    const piece = this.#free.pop() ?? this.#nextPiece();
    if (series >= this.#firsts.length) this.#firsts = resized(this.#firsts, series + 1);
    this.#tables[piece] = table;
    this.#columns[piece] = column;
    this.#left[piece] = 0;
    this.#nexts[piece] = this.#firsts[series]!;
    this.#firsts[series] = piece;
  }

  first(series: SeriesId): number {
    return this.#firsts[series] ?? 0;
  }

  next(piece: number): number {
    return this.#nexts[piece]!;
  }

  tableOf(piece: number): TableId {
    return tableId(this.#tables[piece]!);
  }

  columnOf(piece: number): ColumnId {
    return columnId(this.#columns[piece]!);
  }

  /** Whether the series has moved to another table: its later samples do not go here. */
  hasLeft(piece: number): boolean {
    return this.#left[piece] === 1;
  }

  leave(piece: number): void {
    this.#left[piece] = 1;
  }

  /** Piece of a series in a table, or 0. */
  find(series: SeriesId, table: TableId): number {
    let piece = this.first(series);
    while (piece !== 0 && this.#tables[piece] !== table) piece = this.#nexts[piece]!;
    return piece;
  }

  /** Forgets the piece of a series in a table. */
  remove(series: SeriesId, table: TableId): void {
    let before = 0;
    for (let piece = this.first(series); piece !== 0; before = piece, piece = this.#nexts[piece]!) {
      if (this.#tables[piece] !== table) continue;
      if (before === 0) this.#firsts[series] = this.#nexts[piece]!;
      else this.#nexts[before] = this.#nexts[piece]!;
      this.#free.push(piece);
      return;
    }
  }

  /** Gives the pieces of series `id` to series `newIds[id]`; one with -1 must have none. */
  renumber(newIds: Int32Array): void {
    const firsts = new Uint32Array(Math.max(1024, newIds.length));
    for (let id = 0; id < newIds.length; id++) {
      if (newIds[id]! >= 0) firsts[newIds[id]!] = this.#firsts[id] ?? 0;
    }
    this.#firsts = firsts;
  }

  copy(): PiecesCopy {
    return {
      firsts: copiedWords(this.#firsts, this.#firsts.length),
      tables: copiedWords(this.#tables, this.#count),
      columns: copiedWords(this.#columns, this.#count),
      nexts: copiedWords(this.#nexts, this.#count),
    };
  }

  #nextPiece(): number {
    if (this.#count === this.#tables.length) {
      this.#tables = resized(this.#tables, this.#count + 1);
      this.#columns = resized(this.#columns, this.#count + 1);
      this.#nexts = resized(this.#nexts, this.#count + 1);
      const left = new Uint8Array(this.#tables.length);
      left.set(this.#left);
      this.#left = left;
    }
    return this.#count++;
  }
}

/** Pieces as they were when they were copied. */
export class FrozenColumns implements SeriesPieces {
  readonly #copy: PiecesCopy;

  constructor(copy: PiecesCopy) {
    this.#copy = copy;
  }

  first(series: SeriesId): number {
    return this.#copy.firsts[series] ?? 0;
  }

  next(piece: number): number {
    return this.#copy.nexts[piece]!;
  }

  tableOf(piece: number): TableId {
    return tableId(this.#copy.tables[piece]!);
  }

  columnOf(piece: number): ColumnId {
    return columnId(this.#copy.columns[piece]!);
  }
}

function resized(column: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(Math.max(2 * column.length, length));
  grown.set(column);
  return grown;
}
