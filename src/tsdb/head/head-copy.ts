// A copy of what writing blocks needs of the head, to be posted to another thread: series, which columns they have, and
// where the seals lie. The samples themselves are not copied: they lie in shared memory, in seals that do not change as
// long as nobody drops them. Copied in slices, so that nothing waits long.

import { ByteWriter } from "../../base/index.ts";
import { columnId, seriesId, type SeriesId } from "../../model/index.ts";
import { SlabViews } from "../table/slab-heap.ts";
import { tableId } from "../table/table-id.ts";
import { FrozenTables, type TablesCopy } from "../table/table-rows.ts";
import type { HeadReading } from "./block-source.ts";
import type { Head } from "./head.ts";
import { SeriesColumns } from "./series-columns.ts";
import type { SeriesLabels } from "./series-labels.ts";

/** Postable. */
export interface HeadCopy {
  readonly slabs: readonly SharedArrayBuffer[];
  readonly tables: TablesCopy;
  readonly pieceEnds: Uint32Array; // One a series: where its pieces end.
  readonly pieces: Uint32Array; // Table and column of each, newest first.
  readonly labelEnds: Uint32Array; // One a series: where its labels end.
  readonly labels: Uint32Array; // Pairs.
  readonly pairs: Uint32Array; // Name and value of each.
  readonly textEnds: Uint32Array; // One a symbol, in bytes.
  readonly texts: Uint8Array;
  readonly labelsMax: number;
}

// Items copied in one slice: under a millisecond.
const SLICE = 4096;

/**
 * Copies the head as far as samples before `before` (ms) need it; tiles that hold such samples are sealed first.
 * Series, columns and seals must stay until the reader has ended. `breathe` is awaited between slices.
 */
export async function copyHead(head: Head, before: number, breathe: () => Promise<void>): Promise<HeadCopy> {
  const { index, tables } = head;
  let looked = 0;
  for (let id = 0; id < tables.tableCount; id++) {
    const table = tableId(id);
    if (tables.openRows[table] === 0 || tables.openTime(table, 0) >= before) continue;
    head.sealEarly(table);
    looked += tables.columnCounts[table]!;
    if (looked < SLICE) continue;
    looked = 0;
    await breathe();
  }
  const series = await copySeries(head, breathe);
  const pairs = new SharedWords(2 * index.pairs.count);
  for (let pair = 0, count = index.pairs.count; pair < count; pair++) {
    pairs.push(index.pairs.nameOf(pair));
    pairs.push(index.pairs.valueOf(pair));
    if (pair % SLICE === 0) await breathe();
  }
  const texts = await copyTexts(index.symbols, breathe);
  return {
    ...series,
    ...texts,
    pairs: pairs.taken(),
    labelsMax: index.labelsMax,
    // Last, so that nothing named above is missing in them.
    tables: tables.copy(),
    slabs: [...tables.heap.buffers],
  };
}

async function copySeries(
  { index, columns }: Head,
  breathe: () => Promise<void>,
): Promise<Pick<HeadCopy, "pieceEnds" | "pieces" | "labelEnds" | "labels">> {
  const { count } = index;
  const pieceEnds = new SharedWords(count);
  const pieces = new SharedWords(2 * count);
  const labelEnds = new SharedWords(count);
  const labels = new SharedWords(8 * count);
  for (let id = 0; id < count; id++) {
    const series = seriesId(id);
    for (let piece = columns.first(series); piece !== 0; piece = columns.next(piece)) {
      pieces.push(columns.tableOf(piece));
      pieces.push(columns.columnOf(piece));
    }
    pieceEnds.push(pieces.length / 2);
    const labelCount = index.labelCount(series);
    for (let i = 0; i < labelCount; i++) labels.push(index.pairAt(series, i));
    labelEnds.push(labels.length);
    if (id % SLICE === 0) await breathe();
  }
  return {
    pieceEnds: pieceEnds.taken(),
    pieces: pieces.taken(),
    labelEnds: labelEnds.taken(),
    labels: labels.taken(),
  };
}

async function copyTexts(
  symbols: { readonly count: number; text(id: number): string },
  breathe: () => Promise<void>,
): Promise<Pick<HeadCopy, "texts" | "textEnds">> {
  const { count } = symbols;
  const textEnds = new SharedWords(count);
  const texts = new ByteWriter(16 * count + 16);
  for (let id = 0; id < count; id++) {
    texts.bytes(Buffer.from(symbols.text(id), "utf8"));
    textEnds.push(texts.length);
    if (id % SLICE === 0) await breathe();
  }
  return { textEnds: textEnds.taken(), texts: sharedBytes(texts.written()) };
}

/** The copied head as blocks are written of it. */
export function openHeadCopy(copy: HeadCopy): HeadReading {
  const slabs = new SlabViews();
  slabs.add(copy.slabs);
  const columns = new SeriesColumns();
  for (let id = 0; id < copy.pieceEnds.length; id++) {
    const first = id === 0 ? 0 : copy.pieceEnds[id - 1]!;
    // What is added last comes first.
    for (let piece = copy.pieceEnds[id]! - 1; piece >= first; piece--) {
      columns.add(seriesId(id), tableId(copy.pieces[2 * piece]!), columnId(copy.pieces[2 * piece + 1]!));
    }
  }
  return { tables: new FrozenTables(slabs, copy.tables), columns, index: new CopiedIndex(copy) };
}

class CopiedIndex implements SeriesLabels {
  readonly #copy: HeadCopy;
  readonly count: number;
  readonly labelsMax: number;
  readonly symbols: SeriesLabels["symbols"];
  readonly pairs: SeriesLabels["pairs"];

  constructor(copy: HeadCopy) {
    this.#copy = copy;
    this.count = copy.labelEnds.length;
    this.labelsMax = copy.labelsMax;
    const texts = Buffer.from(copy.texts.buffer, copy.texts.byteOffset, copy.texts.byteLength);
    this.symbols = {
      count: copy.textEnds.length,
      text: (id) => texts.toString("utf8", id === 0 ? 0 : copy.textEnds[id - 1], copy.textEnds[id]),
    };
    this.pairs = {
      nameOf: (pair) => copy.pairs[2 * pair]!,
      valueOf: (pair) => copy.pairs[2 * pair + 1]!,
    };
  }

  labelCount(series: SeriesId): number {
    return this.#copy.labelEnds[series]! - this.#firstLabel(series);
  }

  pairAt(series: SeriesId, index: number): number {
    return this.#copy.labels[this.#firstLabel(series) + index]!;
  }

  #firstLabel(series: SeriesId): number {
    return series === 0 ? 0 : this.#copy.labelEnds[series - 1]!;
  }
}

/** A growing list of 32-bit words in shared memory. */
class SharedWords {
  #words: Uint32Array<SharedArrayBuffer>;
  length = 0;

  constructor(capacity: number) {
    this.#words = new Uint32Array(new SharedArrayBuffer(4 * Math.max(16, capacity)));
  }

  push(word: number): void {
    if (this.length === this.#words.length) {
      const grown = new Uint32Array(new SharedArrayBuffer(8 * this.length));
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words[this.length++] = word;
  }

  /** What was pushed, in place. */
  taken(): Uint32Array {
    return this.#words.subarray(0, this.length);
  }
}

function sharedBytes(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
