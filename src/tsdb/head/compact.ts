// Giving the series new numbers without those that are gone, so that an index does not grow with all that ever was.

import { seriesId, type SeriesId } from "../../model/index.ts";
import { SeriesIndex } from "../index/series-index.ts";
import type { Head } from "./head.ts";

// Series taken over in one step, which takes a millisecond or so.
const STEP_SIZE = 2000;

/** A new index with the series that are alive or have a column, made in steps and put into the place of the old one. */
export class SeriesCompaction {
  readonly #head: Head;
  readonly #old: SeriesIndex;
  readonly #index = new SeriesIndex();
  #newIds: Int32Array; // By old number; -1: not taken over.
  #next = 0;
  #newPairs = new Int32Array(0);
  #newSymbols = new Int32Array(0);
  #scratch = new Uint32Array(64);

  constructor(head: Head) {
    this.#head = head;
    this.#old = head.index;
    this.#newIds = new Int32Array(head.index.count).fill(-1);
    this.#index.reserve(head.index.count - head.index.removedCount);
  }

  /** Series may come, go and come back between the steps. */
  *steps(): Generator<void> {
    while (this.#next < this.#old.count) {
      this.#takeOver(Math.min(this.#old.count, this.#next + STEP_SIZE));
      yield;
    }
  }

  /**
   * Takes over what has come meanwhile and changes all numbers. Nobody may hold an old number over the call. Returns the
   * new number of each old one, -1 for those that are gone.
   */
  finish(): Int32Array {
    const old = this.#old;
    this.#takeOver(old.count);
    for (let id = 0; id < old.count; id++) {
      const series = seriesId(id);
      const isRemoved = old.isRemoved(series);
      const newId = this.#newIds[id]!;
      if (newId < 0) {
        if (!isRemoved || this.#head.columns.first(series) !== 0) this.#add(series);
      } else if (isRemoved) this.#index.remove(seriesId(newId));
      else this.#index.revive(seriesId(newId));
    }
    this.#head.renumberSeries(this.#index, this.#newIds);
    return this.#newIds;
  }

  #takeOver(end: number): void {
    if (this.#old.count > this.#newIds.length) this.#newIds = extended(this.#newIds, this.#old.count);
    for (; this.#next < end; this.#next++) {
      const series = seriesId(this.#next);
      if (!this.#old.isRemoved(series) || this.#head.columns.first(series) !== 0) this.#add(series);
    }
  }

  #add(series: SeriesId): void {
    const old = this.#old;
    const length = old.labelCount(series);
    if (length > this.#scratch.length) this.#scratch = new Uint32Array(2 * length);
    for (let i = 0; i < length; i++) this.#scratch[i] = this.#pairOf(old.pairAt(series, i));
    const added = this.#index.internPairs(this.#scratch, length);
    if (old.isRemoved(series)) this.#index.remove(added);
    this.#newIds[series] = added;
  }

  #pairOf(pair: number): number {
    const { pairs } = this.#old;
    if (pair >= this.#newPairs.length) this.#newPairs = extended(this.#newPairs, 2 * pairs.count);
    if (this.#newPairs[pair] === -1) {
      const name = this.#symbolOf(pairs.nameOf(pair));
      this.#newPairs[pair] = this.#index.pairs.intern({ name, value: this.#symbolOf(pairs.valueOf(pair)) });
    }
    return this.#newPairs[pair]!;
  }

  #symbolOf(symbol: number): number {
    const { symbols } = this.#old;
    if (symbol >= this.#newSymbols.length) {
      this.#newSymbols = extended(this.#newSymbols, 2 * symbols.count);
    }
    if (this.#newSymbols[symbol] === -1) {
      this.#newSymbols[symbol] = this.#index.symbols.intern(symbols.text(symbol));
    }
    return this.#newSymbols[symbol]!;
  }
}

function extended(numbers: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(Math.max(length, numbers.length)).fill(-1, numbers.length);
  copy.set(numbers);
  return copy;
}
