// The label sets of the head's series, without a JavaScript object for any of them: symbols (texts), pairs of
// symbols, and for each series the numbers of its pairs in order of the names. Series ids are dense and ascend
// with creation.

import { labelsFromSortedPairs, seriesId } from "../../model/index.ts";
import type { Labels, SeriesId } from "../../model/index.ts";
import { slabOf, SlabHeap, wordOf } from "../table/slab-heap.ts";
import { LabelPairs } from "./label-pairs.ts";
import { Symbols } from "./symbols.ts";

export class SeriesIndex {
  readonly heap: SlabHeap = new SlabHeap();
  readonly symbols: Symbols = new Symbols();
  readonly pairs: LabelPairs = new LabelPairs(this.heap);
  #count = 0;
  #removedCount = 0;
  /** Most labels that a series has. */
  labelsMax: number = 0;
  // One element a series.
  #lists = new Uint32Array(1024); // Address of the pair numbers.
  #lengths = new Uint16Array(1024); // Labels.
  #hashes = new Uint32Array(1024);
  #removed = new Uint8Array(1024);
  #slots = new Uint32Array(4096); // Hash table: series id + 1; 0 is free.
  #wanted = new Uint32Array(64); // Pair numbers of the label set in hand.

  /** Series ids given out: 0 … count - 1, removed ones included. */
  get count(): number {
    return this.#count;
  }

  get removedCount(): number {
    return this.#removedCount;
  }

  /** Id of the series with this label set, or -1. */
  find(labels: Labels): SeriesId | -1 {
    const length = labels.length / 2;
    this.#reserveWanted(length);
    for (let i = 0; i < length; i++) {
      const name = this.symbols.find(labels[2 * i]!);
      if (name < 0) return -1;
      const value = this.symbols.find(labels[2 * i + 1]!);
      if (value < 0) return -1;
      const pair = this.pairs.find({ name, value });
      if (pair < 0) return -1;
      this.#wanted[i] = pair;
    }
    return this.#findWanted(length);
  }

  /** Id of the series with this label set, made when there is none. A removed series is alive again. */
  intern(labels: Labels): SeriesId {
    const length = labels.length / 2;
    this.#reserveWanted(length);
    for (let i = 0; i < length; i++) {
      const name = this.symbols.intern(labels[2 * i]!);
      this.#wanted[i] = this.pairs.intern({ name, value: this.symbols.intern(labels[2 * i + 1]!) });
    }
    return this.#internWanted(length);
  }

  /** As `intern`, for pair numbers in order of the names; used when reading back what was stored. */
  internPairs(pairs: Uint32Array, length: number): SeriesId {
    this.#reserveWanted(length);
    for (let i = 0; i < length; i++) this.#wanted[i] = pairs[i]!;
    return this.#internWanted(length);
  }

  #internWanted(length: number): SeriesId {
    const known = this.#findWanted(length);
    if (known >= 0) {
      this.revive(seriesId(known));
      return seriesId(known);
    }
    const series = this.#count++;
    if (series === this.#lists.length) this.#grow();
    this.#lengths[series] = length;
    this.labelsMax = Math.max(this.labelsMax, length);
    this.#hashes[series] = hashPairs(this.#wanted, length);
    if (length > 0) {
      const list = this.heap.allocate(4 * length);
      const words = this.heap.u32[slabOf(list)]!;
      for (let i = 0; i < length; i++) words[wordOf(list) + i] = this.#wanted[i]!;
      this.#lists[series] = list;
    }
    for (let i = 0; i < length; i++) this.pairs.addSeries(this.#wanted[i]!, series);
    this.#place(series);
    return seriesId(series);
  }

  labels(series: SeriesId): Labels {
    const length = this.#lengths[series]!;
    const texts: string[] = [];
    const list = this.#lists[series]!;
    const words = this.heap.u32[slabOf(list)]!;
    for (let i = 0; i < length; i++) {
      const pair = words[wordOf(list) + i]!;
      texts.push(this.symbols.text(this.pairs.nameOf(pair)), this.symbols.text(this.pairs.valueOf(pair)));
    }
    return labelsFromSortedPairs(texts);
  }

  /** Value of one label, "" when the series has none. */
  labelValue(series: SeriesId, name: string): string {
    const symbol = this.symbols.find(name);
    const pair = symbol < 0 ? -1 : this.pairOfName(series, symbol);
    return pair < 0 ? "" : this.symbols.text(this.pairs.valueOf(pair));
  }

  labelCount(series: SeriesId): number {
    return this.#lengths[series]!;
  }

  /** Number of the pair of label `position` of a series, in order of the names. */
  pairAt(series: SeriesId, position: number): number {
    const list = this.#lists[series]!;
    return this.heap.u32[slabOf(list)]![wordOf(list) + position]!;
  }

  /** Number of the pair with which a series carries a label, or -1. */
  pairOfName(series: SeriesId, nameSymbol: number): number {
    const length = this.#lengths[series]!;
    const list = this.#lists[series]!;
    const words = this.heap.u32[slabOf(list)]!;
    const from = wordOf(list);
    for (let i = 0; i < length; i++) {
      const pair = words[from + i]!;
      if (this.pairs.nameOf(pair) === nameSymbol) return pair;
    }
    return -1;
  }

  /** Leaves the series out of all look-ups by matchers until it is interned again. */
  remove(series: SeriesId): void {
    if (this.#removed[series] === 1) return;
    this.#removed[series] = 1;
    this.#removedCount++;
  }

  revive(series: SeriesId): void {
    if (this.#removed[series] === 0) return;
    this.#removed[series] = 0;
    this.#removedCount--;
  }

  isRemoved(series: SeriesId): boolean {
    return this.#removed[series] === 1;
  }

  #findWanted(length: number): SeriesId | -1 {
    const hash = hashPairs(this.#wanted, length);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const series = this.#slots[slot]! - 1;
      if (series < 0) return -1;
      if (this.#hashes[series] === hash && this.#isWanted(series, length)) return seriesId(series);
    }
  }

  #isWanted(series: number, length: number): boolean {
    if (this.#lengths[series] !== length) return false;
    const list = this.#lists[series]!;
    const words = this.heap.u32[slabOf(list)]!;
    const from = wordOf(list);
    for (let i = 0; i < length; i++) if (words[from + i] !== this.#wanted[i]) return false;
    return true;
  }

  #place(series: number): void {
    if (this.#count * 3 > this.#slots.length * 2) {
      this.#slots = new Uint32Array(2 * this.#slots.length);
      for (let other = 0; other < series; other++) this.#put(other);
    }
    this.#put(series);
  }

  #put(series: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hashes[series]! & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = series + 1;
  }

  #reserveWanted(length: number): void {
    if (length > this.#wanted.length) this.#wanted = new Uint32Array(2 * length);
  }

  #grow(): void {
    const length = 2 * this.#lists.length;
    const lists = new Uint32Array(length);
    lists.set(this.#lists);
    this.#lists = lists;
    const lengths = new Uint16Array(length);
    lengths.set(this.#lengths);
    this.#lengths = lengths;
    const hashes = new Uint32Array(length);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const removed = new Uint8Array(length);
    removed.set(this.#removed);
    this.#removed = removed;
  }
}

function hashPairs(pairs: Uint32Array, length: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < length; i++) {
    hash = Math.imul(hash ^ pairs[i]!, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}
