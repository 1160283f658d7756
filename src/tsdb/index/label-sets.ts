// The label sets of a head's series as any thread reads them: for each series a list of pair numbers in order of the
// names, for each pair the symbols of its name and value.

import { labelsFromSortedPairs, type Labels, type SeriesId } from "../../model/index.ts";
import { slabOf, wordOf, type Slabs } from "../table/slab-heap.ts";
import { SymbolTexts } from "./symbol-texts.ts";

/** Columns in shared memory. They are replaced by longer ones; what was there once never changes. Postable. */
export interface LabelColumns {
  readonly symbols: Uint32Array<SharedArrayBuffer>; // Address of each symbol's text.
  readonly pairNames: Uint32Array<SharedArrayBuffer>; // Symbol of each pair's name.
  readonly pairValues: Uint32Array<SharedArrayBuffer>;
  readonly lists: Uint32Array<SharedArrayBuffer>; // Address of each series' pair numbers; not used without labels.
  readonly lengths: Uint16Array<SharedArrayBuffer>; // Labels of each series.
}

export class LabelSets {
  readonly #heap: Slabs;
  #columns: LabelColumns;
  readonly #texts: SymbolTexts;
  readonly #nameSymbols = new Map<string, number>();

  constructor(
    heap: Slabs,
    columns: LabelColumns,
    texts: SymbolTexts = new SymbolTexts(heap, columns.symbols),
  ) {
    this.#heap = heap;
    this.#columns = columns;
    this.#texts = texts;
  }

  set columns(columns: LabelColumns) {
    this.#columns = columns;
    this.#texts.addresses = columns.symbols;
  }

  get columns(): LabelColumns {
    return this.#columns;
  }

  text(symbol: number): string {
    return this.#texts.text(symbol);
  }

  /** Symbol of a pair's name. */
  nameOf(pair: number): number {
    return this.#columns.pairNames[pair]!;
  }

  /** Symbol of a pair's value. */
  valueOf(pair: number): number {
    return this.#columns.pairValues[pair]!;
  }

  labelCount(series: SeriesId): number {
    return this.#columns.lengths[series]!;
  }

  /** Number of the pair of label `position` of a series, in order of the names. */
  pairAt(series: SeriesId, position: number): number {
    const list = this.#columns.lists[series]!;
    return this.#heap.u32[slabOf(list)]![wordOf(list) + position]!;
  }

  labels(series: SeriesId): Labels {
    const { lists, lengths, pairNames, pairValues } = this.#columns;
    const length = lengths[series]!;
    const texts: string[] = [];
    if (length === 0) return labelsFromSortedPairs(texts);
    const list = lists[series]!;
    const words = this.#heap.u32[slabOf(list)]!;
    const from = wordOf(list);
    for (let i = from; i < from + length; i++) {
      const pair = words[i]!;
      texts.push(this.#texts.text(pairNames[pair]!), this.#texts.text(pairValues[pair]!));
    }
    return labelsFromSortedPairs(texts);
  }

  /** Value of one label, "" when the series has none. */
  labelValue(series: SeriesId, name: string): string {
    const length = this.labelCount(series);
    const known = this.#nameSymbols.get(name);
    for (let i = 0; i < length; i++) {
      const pair = this.pairAt(series, i);
      const symbol = this.nameOf(pair);
      if (known === undefined ? this.text(symbol) !== name : symbol !== known) continue;
      this.#nameSymbols.set(name, symbol);
      return this.text(this.valueOf(pair));
    }
    return "";
  }
}
