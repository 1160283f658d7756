// Texts and their numbers. The texts lie in the heap (index/symbol-texts.ts), so that a symbol costs some 30 bytes
// besides its text, and other threads read it; no JavaScript string is kept.

import { randomBytes } from "node:crypto";
import { byteOf, slabOf, type SlabHeap } from "../table/slab-heap.ts";
import { doubledShared, sharedWords } from "../table/shared-words.ts";
import { shapeLength, SymbolTexts } from "./symbol-texts.ts";

// Another one in each process, so that nobody can choose texts that all hash alike.
const SEED = randomBytes(4).readUInt32LE();

/**
 * Texts and their numbers: dense, from 0, in order of first appearance. Half a surrogate pair, which has no UTF-8, counts
 * as U+FFFD.
 */
export class Symbols {
  readonly texts: SymbolTexts;
  readonly #heap: SlabHeap;
  #count = 0;
  // One element a symbol.
  #addresses = sharedWords(1024);
  #hashes = new Uint32Array(1024);
  #slots = new Uint32Array(4096); // Hash table: number + 1; 0 is free.

  constructor(heap: SlabHeap) {
    this.#heap = heap;
    this.texts = new SymbolTexts(heap, this.#addresses);
  }

  get count(): number {
    return this.#count;
  }

  /** Address of each symbol, for `SymbolTexts`. */
  get addresses(): Uint32Array<SharedArrayBuffer> {
    return this.#addresses;
  }

  /** Number of a text, made when there is none yet; `hash` is that of `hashText`. */
  intern(text: string, hash: number = hashText(text)): number {
    const known = this.#find(text, hash);
    if (known >= 0) return known;
    const id = this.#count++;
    if (id === this.#addresses.length) this.#grow();
    this.#addresses[id] = this.#store(text);
    this.#hashes[id] = hash;
    if (this.#count * 3 > this.#slots.length * 2) this.#rehash();
    else this.#put(id);
    return id;
  }

  /** Number of a text, or -1. */
  find(text: string): number {
    return this.#find(text, hashText(text));
  }

  text(id: number): string {
    return this.texts.text(id);
  }

  /** `hashText` of a symbol's text. */
  hashOf(id: number): number {
    return this.#hashes[id]!;
  }

  /** Whether `text` is that of symbol `id`. */
  is(id: number, text: string): boolean {
    return this.texts.is(id, text) || (!text.isWellFormed() && this.texts.is(id, text.toWellFormed()));
  }

  #find(text: string, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = this.#slots[slot]! - 1;
      if (id < 0) return -1;
      if (this.#hashes[id] === hash && this.is(id, text)) return id;
    }
  }

  #store(text: string): number {
    const utf8 = Buffer.from(text, "utf8");
    const shape = 2 * utf8.length + (isAscii(text) ? 1 : 0);
    const address = this.#heap.allocate(shapeLength(shape) + utf8.length);
    const bytes = this.#heap.u8[slabOf(address)]!;
    let at = byteOf(address);
    let rest = shape;
    for (; rest >= 0x80; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80;
    bytes[at++] = rest;
    bytes.set(utf8, at);
    return address;
  }

  #rehash(): void {
    this.#slots = new Uint32Array(2 * this.#slots.length);
    for (let id = 0; id < this.#count; id++) this.#put(id);
  }

  #put(id: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hashes[id]! & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = id + 1;
  }

  #grow(): void {
    this.#addresses = doubledShared(this.#addresses);
    this.texts.addresses = this.#addresses;
    const hashes = new Uint32Array(2 * this.#hashes.length);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
  }
}

/** The same for equal texts within a process; of 32 bits, the low ones good enough for a hash table. */
export function hashText(text: string): number {
  let hash = SEED;
  let all = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    all |= code;
    hash = Math.imul(hash ^ code, 0x01000193);
  }
  if (all >= 0xd800 && !text.isWellFormed()) return hashText(text.toWellFormed());
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return false;
  return true;
}
