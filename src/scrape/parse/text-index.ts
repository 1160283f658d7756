import { hashBytes, isTextOf, textEnd, type Body, type Skeleton } from "./skeleton.ts";

/** Knows the texts of the slots that were added. */
export interface TextOwner {
  isTextOf(slot: number, body: Body, from: number, textBytes: number): boolean;
}

/** What one body is looked up against. */
export interface TextSource {
  readonly body: Body;
  readonly known: Skeleton | undefined; // The earlier skeleton.
  readonly built: TextOwner; // The one being made from the body.
}

/**
 * Finds the slot of a series text (name and labels as written) while the lines of a body are not where they were.
 * Takes in the earlier skeleton at the first look-up, then what is added. Reused: `open` for each body.
 */
export class TextIndex {
  readonly #seed: number;
  #source: TextSource | undefined;
  // Open addressing: 0 is free, else 1 + the entry. Kept at most half full.
  #cells = new Int32Array(256);
  // By entry: hash, size in bytes, and slot: of the earlier skeleton, or ~slot of the one being built.
  #hashes = new Int32Array(128);
  #sizes = new Int32Array(128);
  #slots = new Int32Array(128);
  #count = 0;
  #filled = false;

  /** `seed` should be random for each process, so that nobody can prepare texts that collide. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  open(source: TextSource): void {
    if (this.#filled) this.#cells.fill(0);
    this.#source = source;
    this.#count = 0;
    this.#filled = false;
  }

  /** Forgets the body. */
  close(): void {
    this.#source = undefined;
  }

  /**
   * Entry of the text `body[from, to)`: `s` when it is the first text of slot `s` of the earlier skeleton, `~s`
   * when it was added for slot `s` of the one being built. Undefined when it is new.
   */
  find(from: number, to: number): number | undefined {
    const source = this.#source!;
    if (!this.#filled) this.#fill(source.known);
    const { body } = source;
    const hash = hashBytes(body.bytes, body.view, from, to, this.#seed);
    const mask = this.#cells.length - 1;
    for (let cell = hash & mask; this.#cells[cell] !== 0; cell = (cell + 1) & mask) {
      const entry = this.#cells[cell]! - 1;
      if (this.#hashes[entry] !== hash || this.#sizes[entry] !== to - from) continue;
      const slot = this.#slots[entry]!;
      const same =
        slot < 0
          ? source.built.isTextOf(~slot, body, from, to - from)
          : isTextOf(source.known!, slot, body, from, to);
      if (same) return slot;
    }
    return undefined;
  }

  /** Adds the text `body[from, to)`, which `find` did not know, as that of slot `slot` being built. */
  add(from: number, to: number, slot: number): void {
    const { body } = this.#source!;
    this.#insert(hashBytes(body.bytes, body.view, from, to, this.#seed), to - from, ~slot);
  }

  #fill(known: Skeleton | undefined): void {
    this.#filled = true;
    if (known === undefined) return;
    const body: Body = { bytes: known.bytes, view: known.view, length: known.bytes.length };
    for (let slot = 0; slot < known.slotCount; slot++) {
      const from = known.textStarts[slot]!;
      const to = textEnd(known, slot);
      const hash = hashBytes(body.bytes, body.view, from, to, this.#seed);
      if (!known.repeats || !this.#holds(known, body, hash, from, to)) this.#insert(hash, to - from, slot);
    }
  }

  #holds(known: Skeleton, body: Body, hash: number, from: number, to: number): boolean {
    const mask = this.#cells.length - 1;
    for (let cell = hash & mask; this.#cells[cell] !== 0; cell = (cell + 1) & mask) {
      const entry = this.#cells[cell]! - 1;
      if (this.#hashes[entry] === hash && isTextOf(known, this.#slots[entry]!, body, from, to)) return true;
    }
    return false;
  }

  #insert(hash: number, size: number, slot: number): void {
    const entry = this.#count++;
    if (entry === this.#hashes.length) this.#grow();
    this.#hashes[entry] = hash;
    this.#sizes[entry] = size;
    this.#slots[entry] = slot;
    this.#link(entry);
  }

  #link(entry: number): void {
    const mask = this.#cells.length - 1;
    let cell = this.#hashes[entry]! & mask;
    while (this.#cells[cell] !== 0) cell = (cell + 1) & mask;
    this.#cells[cell] = entry + 1;
  }

  #grow(): void {
    const size = 2 * this.#hashes.length;
    this.#hashes = copyInto(this.#hashes, size);
    this.#sizes = copyInto(this.#sizes, size);
    this.#slots = copyInto(this.#slots, size);
    this.#cells = new Int32Array(2 * size);
    for (let entry = 0; entry < this.#count - 1; entry++) this.#link(entry);
  }
}

function copyInto(from: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const into = new Int32Array(size);
  into.set(from);
  return into;
}
