import type { Labels } from "../model/index.ts";

const NONE = -1;

/** Label sets numbered in the order they are first met; some 10 bytes a label besides the distinct texts. */
export class LabelSets {
  count = 0;
  labelsMax = 0;
  readonly #symbols: string[] = [];
  readonly #symbolIds = new Map<string, number>();
  #pairs = new Uint32Array(1024); // Symbols of all sets, name, value, name, value …
  #ends = new Float64Array(256); // Of set `i` in #pairs; it starts where the one before ends.
  #table = new Int32Array(1024).fill(NONE); // Open addressing by hash; a power of two.
  #scratch = new Uint32Array(64);

  get symbolCount(): number {
    return this.#symbols.length;
  }

  symbol(id: number): string {
    return this.#symbols[id]!;
  }

  /** Number of a label set. */
  number(labels: Labels): number {
    const length = labels.length;
    if (this.#scratch.length < length) this.#scratch = new Uint32Array(2 * length);
    const symbols = this.#scratch;
    for (let i = 0; i < length; i++) symbols[i] = this.#symbolId(labels[i]!);
    const mask = this.#table.length - 1;
    for (let slot = hashOf(symbols, 0, length) & mask; ; slot = (slot + 1) & mask) {
      const known = this.#table[slot]!;
      if (known === NONE) return this.#add(symbols, length, slot);
      if (this.#isSame(known, symbols, length)) return known;
    }
  }

  #symbolId(text: string): number {
    let id = this.#symbolIds.get(text);
    if (id === undefined) {
      id = this.#symbols.length;
      this.#symbolIds.set(text, id);
      this.#symbols.push(text);
    }
    return id;
  }

  #start(number: number): number {
    return number === 0 ? 0 : this.#ends[number - 1]!;
  }

  #isSame(number: number, symbols: Uint32Array, length: number): boolean {
    const start = this.#start(number);
    if (this.#ends[number]! - start !== length) return false;
    for (let i = 0; i < length; i++) if (this.#pairs[start + i] !== symbols[i]) return false;
    return true;
  }

  #add(symbols: Uint32Array, length: number, slot: number): number {
    const number = this.count++;
    const start = this.#start(number);
    if (start + length > this.#pairs.length) {
      const pairs = new Uint32Array(2 * (start + length));
      pairs.set(this.#pairs);
      this.#pairs = pairs;
    }
    this.#pairs.set(symbols.subarray(0, length), start);
    if (number === this.#ends.length) {
      const ends = new Float64Array(2 * number);
      ends.set(this.#ends);
      this.#ends = ends;
    }
    this.#ends[number] = start + length;
    this.labelsMax = Math.max(this.labelsMax, length / 2);
    this.#table[slot] = number;
    if (this.count * 2 > this.#table.length) this.#growTable();
    return number;
  }

  #growTable(): void {
    const table = new Int32Array(2 * this.#table.length).fill(NONE);
    const mask = table.length - 1;
    for (let number = 0; number < this.count; number++) {
      const start = this.#start(number);
      const end = this.#ends[number]!;
      let slot = hashOf(this.#pairs, start, end) & mask;
      while (table[slot] !== NONE) slot = (slot + 1) & mask;
      table[slot] = number;
    }
    this.#table = table;
  }

  /** Writes the symbols of a set, name, value, name, value …; returns how many. */
  symbolsOf(number: number, into: Uint32Array): number {
    const start = this.#start(number);
    const end = this.#ends[number]!;
    into.set(this.#pairs.subarray(start, end));
    return end - start;
  }
}

function hashOf(symbols: Uint32Array, from: number, to: number): number {
  let hash = to - from;
  for (let i = from; i < to; i++) {
    hash = Math.imul(hash ^ symbols[i]!, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}
