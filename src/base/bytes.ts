import { NarthexError } from "./errors.ts";

/** Bytes that are not what their format says: cut short, or a number out of its range. */
export class MalformedBytesError extends NarthexError {
  override readonly name = "MalformedBytesError";
  readonly errorType = "internal";
}

const VARINT_BYTES_MAX = 8; // 53 bits in groups of 7.

/**
 * A growing buffer with a write position. Numbers are little-endian; a varint is LEB128 of a non-negative safe
 * integer, a zigzag varint folds the sign into the lowest bit (safe integers up to ±2^52).
 */
export class ByteWriter {
  #buffer: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(capacityBytes = 256) {
    this.#buffer = new Uint8Array(capacityBytes);
    this.#view = new DataView(this.#buffer.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** The buffer itself: `[0, length)` is written, the rest is free. Valid until the next write. */
  get buffer(): Uint8Array {
    return this.#buffer;
  }

  /** What was written, in place; valid until the next write. */
  written(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** A copy of what was written. */
  copy(): Uint8Array<ArrayBuffer> {
    return this.#buffer.slice(0, this.#length);
  }

  /** Forgets what was written and keeps the memory. */
  reset(): void {
    this.#length = 0;
  }

  /** Forgets what was written from byte `length` on. */
  truncate(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  /** Makes room for `count` more bytes; whoever fills `buffer` from `length` on then calls `advance`. */
  reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
    this.#view = new DataView(grown.buffer);
  }

  /** Counts `count` bytes as written that were put at `length` after a `reserve`. */
  advance(count: number): void {
    this.#length += count;
  }

  u8(value: number): void {
    this.reserve(1);
    this.#buffer[this.#length++] = value;
  }

  u32(value: number): void {
    this.reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  /** Overwrites 4 bytes already written. */
  patchU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  /** The number's bits; a NaN's payload is kept only as far as the engine kept it in `value`. */
  f64(value: number): void {
    this.reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  varint(value: number): void {
    this.reserve(VARINT_BYTES_MAX);
    let rest = value;
    while (rest >= 0x80) {
      // Shifts would cut the number to 32 bits.
      const above = rest < 0x80000000 ? rest >>> 7 : Math.floor(rest / 128);
      this.#buffer[this.#length++] = rest - above * 128 + 128;
      rest = above;
    }
    this.#buffer[this.#length++] = rest;
  }

  zigzag(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  bytes(source: Uint8Array): void {
    this.reserve(source.length);
    this.#buffer.set(source, this.#length);
    this.#length += source.length;
  }

  /** UTF-8, its length in bytes before it as a varint. */
  text(value: string): void {
    const encoded = Buffer.from(value, "utf8");
    this.varint(encoded.length);
    this.bytes(encoded);
  }
}

/** A place in bytes that only moves forward. Every method throws MalformedBytesError where the bytes end too early. */
export class ByteCursor {
  protected readonly source: Buffer;
  protected readonly end: number;
  protected at: number;

  /** Reads `[from, to)` of `bytes`, which must not change meanwhile. */
  constructor(bytes: Uint8Array, from = 0, to: number = bytes.length) {
    this.source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = from;
    this.end = Math.min(to, bytes.length);
  }

  /** Offset of the next byte in the array given to the constructor. */
  get position(): number {
    return this.at;
  }

  /** Bytes left. */
  get left(): number {
    return this.end - this.at;
  }

  /** Passes over `count` bytes; what was passed starts at the returned offset. */
  skip(count: number): number {
    const from = this.at;
    if (count < 0 || count > this.end - from) throw cutShort(from, count);
    this.at = from + count;
    return from;
  }

  u8(): number {
    return this.source[this.skip(1)]!;
  }
}

/** Reads what a ByteWriter wrote. */
export class ByteReader extends ByteCursor {
  u32(): number {
    return this.source.readUInt32LE(this.skip(4));
  }

  f64(): number {
    return this.source.readDoubleLE(this.skip(8));
  }

  varint(): number {
    const first = this.source[this.at]!;
    if (this.at < this.end && first < 0x80) {
      this.at++;
      return first;
    }
    return this.#longVarint();
  }

  #longVarint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < VARINT_BYTES_MAX; count++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) break;
        return value;
      }
      scale *= 128;
    }
    throw new MalformedBytesError(`varint at byte ${this.at} is longer than 53 bits`);
  }

  zigzag(): number {
    const folded = this.varint();
    return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
  }

  text(): string {
    const length = this.varint();
    const from = this.skip(length);
    return this.source.toString("utf8", from, from + length);
  }
}

function cutShort(position: number, wanted: number): MalformedBytesError {
  return new MalformedBytesError(`bytes end too early: ${wanted} wanted at byte ${position}`);
}
