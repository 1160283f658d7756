import { sameBytes } from "./text.kernel.ts";

/** Syntax of a body. Skeletons of different ones are never equal: each follows rules of its own. */
export type ExpositionFormat = "text" | "openmetrics" | "protobuf";

/**
 * Everything of a body but its numbers; see text.kernel.ts for the layout. Immutable and shared by all targets
 * whose bodies differ in numbers only.
 */
export interface Skeleton {
  readonly format: ExpositionFormat;
  readonly slotCount: number; // One slot a sample.
  readonly bytes: Uint8Array; // The gaps in slot order, then the tail.
  readonly view: DataView; // Over `bytes`.
  readonly gapEnds: Uint32Array; // By slot: end of its gap in `bytes`.
  readonly textStarts: Uint32Array; // By slot: where name and labels start; they end with the gap, but for blanks.
  readonly types: Uint8Array; // By slot: code of the family type in force there.
  readonly timed: Uint8Array; // By slot: 1 when the sample has its own time.
  readonly timedCount: number;
  /** Some text stands in two slots. */
  readonly repeats: boolean;
  /** False: the kernel can't compare it; see text.kernel.ts. */
  readonly matchable: boolean;
}

/** Position after the name and labels of a slot. */
export function textEnd(skeleton: Skeleton, slot: number): number {
  let end = skeleton.gapEnds[slot]!;
  while (skeleton.bytes[end - 1] === 32 || skeleton.bytes[end - 1] === 9) end--;
  return end;
}

/** Where the gap of a slot starts; with `slot` = `slotCount`, the tail. */
export function gapStart(skeleton: Skeleton, slot: number): number {
  return slot === 0 ? 0 : skeleton.gapEnds[slot - 1]!;
}

/** Where the texts of slots stand: that of slot `s` in `body[starts[s], ends[s])`, with blanks at its end. */
export interface SlotTexts {
  readonly body: Body;
  readonly slotCount: number;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** Puts a skeleton together from pieces of an older one and of a body. Reused: `reset` first. */
export class SkeletonBuilder {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #byteCount = 0;
  #gapEnds = new Uint32Array(64);
  #textStarts = new Uint32Array(64);
  #types = new Uint8Array(64);
  #timed = new Uint8Array(64);
  #slotCount = 0;
  #format: ExpositionFormat = "text";
  /** Set by the parser when a text came twice. */
  repeats = false;

  get slotCount(): number {
    return this.#slotCount;
  }

  reset(format: ExpositionFormat): void {
    this.#format = format;
    this.#byteCount = 0;
    this.#slotCount = 0;
    this.repeats = false;
  }

  /** Appends slots `[from, to)` of another skeleton, gaps and all. */
  addRun(source: Skeleton, from: number, to: number): void {
    if (from === to) return;
    const start = gapStart(source, from);
    const shift = this.#byteCount - start;
    this.#addBytes(source.bytes.subarray(start, source.gapEnds[to - 1]));
    const at = this.#addSlots(to - from);
    for (let slot = from, i = at; slot < to; slot++, i++) {
      this.#gapEnds[i] = source.gapEnds[slot]! + shift;
      this.#textStarts[i] = source.textStarts[slot]! + shift;
      this.#types[i] = source.types[slot]!;
      this.#timed[i] = source.timed[slot]!;
    }
  }

  /** Appends a slot whose gap is `gap`, with name and labels from `textOffset` in it; not timed. */
  addSlot(gap: Uint8Array, textOffset: number, type: number): void {
    const start = this.#byteCount;
    this.#addBytes(gap);
    const slot = this.#addSlots(1);
    this.#gapEnds[slot] = this.#byteCount;
    this.#textStarts[slot] = start + textOffset;
    this.#types[slot] = type;
    this.#timed[slot] = 0;
  }

  /** The texts of all slots so far; valid until something is added. */
  texts(): SlotTexts {
    return {
      body: { bytes: this.#bytes, view: this.#view, length: this.#byteCount },
      slotCount: this.#slotCount,
      starts: this.#textStarts,
      ends: this.#gapEnds,
    };
  }

  /** Takes back the last slot. */
  dropSlot(): void {
    this.#slotCount--;
    this.#byteCount = this.#slotCount === 0 ? 0 : this.#gapEnds[this.#slotCount - 1]!;
  }

  /** Whether the text of a slot, `textBytes` long, is `body[from, from + textBytes)`. */
  isTextOf(slot: number, body: Body, from: number, textBytes: number): boolean {
    const start = this.#textStarts[slot]!;
    const text = this.#bytes.subarray(start, start + textBytes);
    return Buffer.compare(body.bytes.subarray(from, from + textBytes), text) === 0;
  }

  typeOf(slot: number): number {
    return this.#types[slot]!;
  }

  isTimed(slot: number): boolean {
    return this.#timed[slot] !== 0;
  }

  setTimed(slot: number, timed: boolean): void {
    this.#timed[slot] = timed ? 1 : 0;
  }

  /** Makes slots `[from, to)` ones without times of their own. */
  clearTimed(from: number, to: number): void {
    this.#timed.fill(0, from, to);
  }

  /** Overwrites the types of slots `[from, to)`. */
  setTypes(from: number, to: number, type: number): void {
    this.#types.fill(type, from, to);
  }

  addTail(tail: Uint8Array): void {
    this.#addBytes(tail);
  }

  /** A number that is equal for equal skeletons. */
  hash(): number {
    return hashBytes(this.#bytes, this.#view, 0, this.#byteCount, this.#slotCount);
  }

  equals(other: Skeleton): boolean {
    const slots = this.#slotCount;
    return (
      other.slotCount === slots &&
      other.format === this.#format &&
      other.bytes.length === this.#byteCount &&
      Buffer.compare(other.bytes, this.#bytes.subarray(0, this.#byteCount)) === 0 &&
      sameColumn(other.gapEnds, this.#gapEnds, slots) &&
      sameColumn(other.textStarts, this.#textStarts, slots) &&
      sameColumn(other.types, this.#types, slots) &&
      sameColumn(other.timed, this.#timed, slots)
    );
  }

  finish(): Skeleton {
    const slots = this.#slotCount;
    const bytes = this.#bytes.slice(0, this.#byteCount);
    const timed = this.#timed.slice(0, slots);
    return {
      format: this.#format,
      slotCount: slots,
      bytes,
      view: new DataView(bytes.buffer),
      gapEnds: this.#gapEnds.slice(0, slots),
      textStarts: this.#textStarts.slice(0, slots),
      types: this.#types.slice(0, slots),
      timed,
      timedCount: timed.reduce((sum, flag) => sum + flag, 0),
      repeats: this.repeats,
      matchable: !bytes.includes(0),
    };
  }

  #addBytes(added: Uint8Array): void {
    const needed = this.#byteCount + added.length;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.#byteCount));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#bytes.set(added, this.#byteCount);
    this.#byteCount = needed;
  }

  #addSlots(count: number): number {
    const at = this.#slotCount;
    const needed = at + count;
    if (needed > this.#gapEnds.length) {
      const size = Math.max(needed, 2 * this.#gapEnds.length);
      this.#gapEnds = grown(this.#gapEnds, new Uint32Array(size));
      this.#textStarts = grown(this.#textStarts, new Uint32Array(size));
      this.#types = grown(this.#types, new Uint8Array(size));
      this.#timed = grown(this.#timed, new Uint8Array(size));
    }
    this.#slotCount = needed;
    return at;
  }
}

function grown<Column extends Uint8Array | Uint32Array>(from: Column, into: Column): Column {
  into.set(from);
  return into;
}

function sameColumn(a: Uint8Array | Uint32Array, b: Uint8Array | Uint32Array, count: number): boolean {
  for (let i = 0; i < count; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A 32-bit hash of `bytes[from, to)`; `view` is over the same bytes. */
export function hashBytes(bytes: Uint8Array, view: DataView, from: number, to: number, seed: number): number {
  let hash = Math.imul(seed ^ (to - from), 0x9e3779b1);
  let at = from;
  for (; at + 4 <= to; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  for (; at < to; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0xc2b2ae35);
  return hash ^ (hash >>> 13);
}

/** A body being read: `bytes[0, length)`, with a view over at least those. */
export interface Body {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly length: number;
}

/** Whether name and labels of a slot are `body[from, to)`, byte for byte. */
export function isTextOf(skeleton: Skeleton, slot: number, body: Body, from: number, to: number): boolean {
  const start = skeleton.textStarts[slot]!;
  const end = start + to - from;
  if (end > skeleton.gapEnds[slot]! || end !== textEnd(skeleton, slot)) return false;
  if (skeleton.matchable) {
    return sameBytes(body.bytes, body.view, from, skeleton.bytes, skeleton.view, start, end);
  }
  return Buffer.compare(body.bytes.subarray(from, to), skeleton.bytes.subarray(start, end)) === 0;
}
