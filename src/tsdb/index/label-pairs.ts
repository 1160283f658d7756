// Label pairs (a name with a value) and their postings: the ids of the series that carry the pair, ascending.
// Ids are only ever appended. A pair of one series holds the id itself; else its ids lie in a chain of chunks:
// a word with the next chunk's address, then ids. Chunks hold 3, 7, 15, … 4095 ids, and 4095 from then on, so that
// a chain's length follows from the number of ids and nothing is copied when it grows.

import { slabOf, wordOf, type Address, type SlabHeap } from "../table/slab-heap.ts";
import { doubledShared, sharedWords } from "../table/shared-words.ts";

const CHUNK_WORDS_MIN = 4;
const CHUNK_WORDS_MAX = 4096;

/** The pairs of one label name. */
export interface NamePairs {
  pairs: Uint32Array<ArrayBuffer>; // Pair numbers, ascending; `count` in use.
  count: number;
  seriesCount: number; // Series that have the label.
}

export class LabelPairs {
  readonly #heap: SlabHeap;
  readonly #names = new Map<number, NamePairs>();
  #count = 0;
  // One element a pair.
  #nameSymbols = sharedWords(1024);
  #valueSymbols = sharedWords(1024);
  #seriesCounts = new Uint32Array(1024);
  #firsts = new Uint32Array(1024); // The series id itself for one series, else the first chunk's address.
  #lasts = new Uint32Array(1024); // Address of the last chunk.
  #lastUsed = new Uint16Array(1024); // Words of the last chunk in use, the first one included.
  #lastWords = new Uint16Array(1024); // Its size.
  #slots = new Uint32Array(4096); // Hash table: pair number + 1; 0 is free.

  constructor(heap: SlabHeap) {
    this.#heap = heap;
  }

  get count(): number {
    return this.#count;
  }

  /** Symbol of each pair's name. */
  get names(): Uint32Array<SharedArrayBuffer> {
    return this.#nameSymbols;
  }

  /** Symbol of each pair's value. */
  get values(): Uint32Array<SharedArrayBuffer> {
    return this.#valueSymbols;
  }

  nameOf(pair: number): number {
    return this.#nameSymbols[pair]!;
  }

  valueOf(pair: number): number {
    return this.#valueSymbols[pair]!;
  }

  seriesCountOf(pair: number): number {
    return this.#seriesCounts[pair]!;
  }

  /** Pairs with this name, or undefined when there never was one. */
  ofName(nameSymbol: number): NamePairs | undefined {
    return this.#names.get(nameSymbol);
  }

  /** Symbols of all names, in order of first appearance. */
  nameSymbols(): Iterable<number> {
    return this.#names.keys();
  }

  /** Number of a pair, or -1. */
  find(symbols: { readonly name: number; readonly value: number }): number {
    const { name, value } = symbols;
    const mask = this.#slots.length - 1;
    for (let slot = hashPair(name, value) & mask; ; slot = (slot + 1) & mask) {
      const pair = this.#slots[slot]! - 1;
      if (pair < 0) return -1;
      if (this.#nameSymbols[pair] === name && this.#valueSymbols[pair] === value) return pair;
    }
  }

  /** Number of a pair, made when there is none yet. */
  intern(symbols: { readonly name: number; readonly value: number }): number {
    const known = this.find(symbols);
    if (known >= 0) return known;
    const pair = this.#count++;
    if (pair === this.#nameSymbols.length) this.#grow();
    this.#nameSymbols[pair] = symbols.name;
    this.#valueSymbols[pair] = symbols.value;
    this.#seriesCounts[pair] = 0;
    this.#place(pair);
    let ofName = this.#names.get(symbols.name);
    if (ofName === undefined) {
      this.#names.set(symbols.name, (ofName = { pairs: new Uint32Array(4), count: 0, seriesCount: 0 }));
    }
    if (ofName.count === ofName.pairs.length) ofName.pairs = doubled(ofName.pairs);
    ofName.pairs[ofName.count++] = pair;
    return pair;
  }

  /** Appends a series, whose id must be above all that the pair has. */
  addSeries(pair: number, series: number): void {
    const count = this.#seriesCounts[pair]!;
    this.#names.get(this.#nameSymbols[pair]!)!.seriesCount++;
    this.#seriesCounts[pair] = count + 1;
    if (count === 0) {
      this.#firsts[pair] = series;
      return;
    }
    if (count === 1) this.#startChain(pair);
    else if (this.#lastUsed[pair] === this.#lastWords[pair]) this.#addChunk(pair);
    const last = this.#lasts[pair]!;
    const used = this.#lastUsed[pair]!;
    this.#heap.u32[slabOf(last)]![wordOf(last) + used] = series;
    this.#lastUsed[pair] = used + 1;
  }

  #startChain(pair: number): void {
    const chunk = this.#heap.allocate(4 * CHUNK_WORDS_MIN);
    this.#heap.u32[slabOf(chunk)]![wordOf(chunk) + 1] = this.#firsts[pair]!;
    this.#firsts[pair] = chunk;
    this.#lasts[pair] = chunk;
    this.#lastUsed[pair] = 2;
    this.#lastWords[pair] = CHUNK_WORDS_MIN;
  }

  #addChunk(pair: number): void {
    const words = nextChunkWords(this.#lastWords[pair]!);
    const chunk = this.#heap.allocate(4 * words);
    const last = this.#lasts[pair]!;
    this.#heap.u32[slabOf(last)]![wordOf(last)] = chunk;
    this.#lasts[pair] = chunk;
    this.#lastUsed[pair] = 1;
    this.#lastWords[pair] = words;
  }

  /** Writes the ids of a pair's series, ascending, to `out` from element `at` on. Returns how many. */
  readPostings(pair: number, out: Uint32Array, at: number): number {
    const count = this.#seriesCounts[pair]!;
    if (count === 1) out[at] = this.#firsts[pair]!;
    if (count < 2) return count;
    let chunk: Address = this.#firsts[pair]!;
    let words = CHUNK_WORDS_MIN;
    for (let done = 0; done < count;) {
      const ids = Math.min(words - 1, count - done);
      const view = this.#heap.u32[slabOf(chunk)]!;
      const from = wordOf(chunk);
      if (ids < 32) for (let i = 0; i < ids; i++) out[at + done + i] = view[from + 1 + i]!;
      else out.set(view.subarray(from + 1, from + 1 + ids), at + done);
      done += ids;
      chunk = view[from]!;
      words = nextChunkWords(words);
    }
    return count;
  }

  #place(pair: number): void {
    if (this.#count * 3 > this.#slots.length * 2) {
      this.#slots = new Uint32Array(2 * this.#slots.length);
      for (let other = 0; other < pair; other++) this.#put(other);
    }
    this.#put(pair);
  }

  #put(pair: number): void {
    const mask = this.#slots.length - 1;
    let slot = hashPair(this.#nameSymbols[pair]!, this.#valueSymbols[pair]!) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = pair + 1;
  }

  #grow(): void {
    this.#nameSymbols = doubledShared(this.#nameSymbols);
    this.#valueSymbols = doubledShared(this.#valueSymbols);
    this.#seriesCounts = doubled(this.#seriesCounts);
    this.#firsts = doubled(this.#firsts);
    this.#lasts = doubled(this.#lasts);
    const lastUsed = new Uint16Array(2 * this.#lastUsed.length);
    lastUsed.set(this.#lastUsed);
    this.#lastUsed = lastUsed;
    const lastWords = new Uint16Array(2 * this.#lastWords.length);
    lastWords.set(this.#lastWords);
    this.#lastWords = lastWords;
  }
}

function nextChunkWords(words: number): number {
  return Math.min(2 * words, CHUNK_WORDS_MAX);
}

function hashPair(name: number, value: number): number {
  let hash = Math.imul(name, 0x9e3779b1) ^ Math.imul(value, 0x85ebca6b);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 12)) >>> 0;
}

function doubled(column: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(2 * column.length);
  grown.set(column);
  return grown;
}
