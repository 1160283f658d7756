// The label sets of the head's series, without a JavaScript object for any of them: symbols (texts), pairs of
// symbols, and for each series the numbers of its pairs in order of the names. Series ids are dense and ascend
// with creation.

import { seriesId } from "../../model/index.ts";
import type { Labels, SeriesId } from "../../model/index.ts";
import { slabOf, SlabHeap, wordOf } from "../table/slab-heap.ts";
import { LabelPairs } from "./label-pairs.ts";
import { LabelSets, type LabelColumns } from "./label-sets.ts";
import { sharedWords } from "../table/shared-words.ts";
import { hashText, Symbols } from "./symbols.ts";

export class SeriesIndex {
  readonly heap: SlabHeap = new SlabHeap();
  readonly symbols: Symbols = new Symbols(this.heap);
  readonly pairs: LabelPairs = new LabelPairs(this.heap);
  #count = 0;
  #removedCount = 0;
  /** Most labels that a series has. */
  labelsMax: number = 0;
  // One element a series.
  #lists = sharedWords(1024); // Address of the pair numbers.
  #lengths = new Uint16Array(new SharedArrayBuffer(2048)); // Labels.
  #hashes = new Uint32Array(1024); // Of the texts of the labels.
  #removed = new Uint8Array(1024);
  #slots = new Uint32Array(4096); // Hash table: series id + 1; 0 is free.
  #wanted = new Uint32Array(64); // Pair numbers of the label set in hand.
  #textHashes = new Uint32Array(128); // Of the label set in hand.
  readonly #sets = new LabelSets(this.heap, this.columns(), this.symbols.texts);

  /** What other threads read label sets from, as it is now. */
  columns(): LabelColumns {
    return {
      symbols: this.symbols.addresses,
      pairNames: this.pairs.names,
      pairValues: this.pairs.values,
      lists: this.#lists,
      lengths: this.#lengths,
    };
  }

  /** Series ids given out: 0 … count - 1, removed ones included. */
  get count(): number {
    return this.#count;
  }

  get removedCount(): number {
    return this.#removedCount;
  }

  /** Id of the series with this label set, or -1. */
  find(labels: Labels): SeriesId | -1 {
    return this.#find(labels, this.#hash(labels));
  }

  /** Id of the series with this label set, made when there is none. A removed series is alive again. */
  intern(labels: Labels): SeriesId {
    const hash = this.#hash(labels);
    const known = this.#find(labels, hash);
    if (known !== -1) {
      this.revive(known);
      return known;
    }
    const length = labels.length / 2;
    this.#reserveWanted(length);
    for (let i = 0; i < length; i++) {
      const name = this.symbols.intern(labels[2 * i]!, this.#textHashes[2 * i]);
      const value = this.symbols.intern(labels[2 * i + 1]!, this.#textHashes[2 * i + 1]);
      this.#wanted[i] = this.pairs.intern({ name, value });
    }
    return this.#add(length, hash);
  }

  /** As `intern`, for pair numbers in order of the names; used when reading back what was stored. */
  internPairs(pairs: Uint32Array, length: number): SeriesId {
    this.#reserveWanted(length);
    let hash = 0;
    for (let i = 0; i < length; i++) {
      const pair = pairs[i]!;
      this.#wanted[i] = pair;
      hash = mixed(hash, this.symbols.hashOf(this.pairs.nameOf(pair)));
      hash = mixed(hash, this.symbols.hashOf(this.pairs.valueOf(pair)));
    }
    const known = this.#findWanted(length, hash);
    if (known === -1) return this.#add(length, hash);
    this.revive(known);
    return known;
  }

  /** Makes room for `count` series in all, so that adding them moves nothing. */
  reserve(count: number): void {
    if (count > this.#lists.length) this.#grow(2 ** Math.ceil(Math.log2(count)));
    if (count * 3 > this.#slots.length * 2) {
      this.#rehash(2 ** Math.ceil(Math.log2(1.5 * count)), this.#count);
    }
  }

  // The wanted pairs become a series.
  #add(length: number, hash: number): SeriesId {
    const series = this.#count++;
    if (series === this.#lists.length) this.#grow(2 * series);
    this.#lengths[series] = length;
    this.labelsMax = Math.max(this.labelsMax, length);
    this.#hashes[series] = hash;
    if (length > 0) {
      const list = this.heap.allocate(4 * length);
      const words = this.heap.u32[slabOf(list)]!;
      for (let i = 0; i < length; i++) words[wordOf(list) + i] = this.#wanted[i]!;
      this.#lists[series] = list;
    }
    for (let i = 0; i < length; i++) this.pairs.addSeries(this.#wanted[i]!, series);
    this.#place(series);
    this.#shareColumns();
    return seriesId(series);
  }

  // Only what has moved: an object for each series would be most of the work of reading definitions back.
  #shareColumns(): void {
    const { symbols, pairNames, pairValues, lists } = this.#sets.columns;
    if (
      lists === this.#lists &&
      pairNames === this.pairs.names &&
      pairValues === this.pairs.values &&
      symbols === this.symbols.addresses
    ) {
      return;
    }
    this.#sets.columns = this.columns();
  }

  labels(series: SeriesId): Labels {
    return this.#sets.labels(series);
  }

  /** Value of one label, "" when the series has none. */
  labelValue(series: SeriesId, name: string): string {
    return this.#sets.labelValue(series, name);
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

  // Hash of a label set; those of its texts are kept until the next one.
  #hash(labels: Labels): number {
    if (labels.length > this.#textHashes.length) this.#textHashes = new Uint32Array(2 * labels.length);
    let hash = 0;
    for (let i = 0; i < labels.length; i++) {
      const ofText = hashText(labels[i]!);
      this.#textHashes[i] = ofText;
      hash = mixed(hash, ofText);
    }
    return hash;
  }

  #find(labels: Labels, hash: number): SeriesId | -1 {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const series = this.#slots[slot]! - 1;
      if (series < 0) return -1;
      if (this.#hashes[series] === hash && this.#hasLabels(series, labels)) return seriesId(series);
    }
  }

  // Compares texts with the bytes where they lie: one hash over all of them and this is cheaper than to look up every
  // symbol and pair.
  #hasLabels(series: number, labels: Labels): boolean {
    const length = this.#lengths[series]!;
    if (2 * length !== labels.length) return false;
    const list = this.#lists[series]!;
    const words = this.heap.u32[slabOf(list)]!;
    const from = wordOf(list);
    for (let i = 0; i < length; i++) {
      const pair = words[from + i]!;
      if (!this.symbols.is(this.pairs.valueOf(pair), labels[2 * i + 1]!)) return false;
      if (!this.symbols.is(this.pairs.nameOf(pair), labels[2 * i]!)) return false;
    }
    return true;
  }

  #findWanted(length: number, hash: number): SeriesId | -1 {
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
      this.#rehash(2 * this.#slots.length, series);
    }
    this.#put(series);
  }

  // Makes the hash table longer, with the first `count` series.
  #rehash(length: number, count: number): void {
    this.#slots = new Uint32Array(length);
    for (let series = 0; series < count; series++) this.#put(series);
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

  // To a length of at least twice as many.
  #grow(length: number): void {
    const lists = sharedWords(length);
    lists.set(this.#lists);
    this.#lists = lists;
    const lengths = new Uint16Array(new SharedArrayBuffer(2 * length));
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

function mixed(hash: number, next: number): number {
  const mix = Math.imul(hash ^ next, 0x9e3779b1);
  return (mix ^ (mix >>> 15)) >>> 0;
}
