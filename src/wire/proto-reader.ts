import { WireError } from "./errors.ts";

/** Wire types of protobuf, the low three bits of a tag. */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

const VARINT_BYTES_MAX = 10;

/**
 * Reads the fields of a protobuf message. A message inside it is entered with `enter`, which narrows the reader, and left
 * with `leave`. Every length is checked against the message it stands in before it is used.
 */
export class ProtoReader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Position of the next byte; at most `end`. */
  at: number;
  /** End of the message being read. */
  end: number;
  // The last varint in groups of 28, 28 and 8 bits, lowest first.
  #low: number;
  #middle: number;
  #high: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = 0;
    this.end = bytes.length;
    this.#low = 0;
    this.#middle = 0;
    this.#high = 0;
  }

  get hasMore(): boolean {
    return this.at < this.end;
  }

  /** A field's tag: its number times 8 plus its wire type. */
  tag(): number {
    const tag = this.uint32();
    if (tag < 8) throw new WireError(`proto: illegal tag ${tag} before byte ${this.at}`);
    return tag;
  }

  /** The low 32 bits of a varint, unsigned. */
  uint32(): number {
    this.#readVarint();
    return (this.#low | (this.#middle << 28)) >>> 0;
  }

  /** A zigzag varint of 32 bits. */
  sint32(): number {
    const folded = this.uint32();
    return (folded >>> 1) ^ -(folded & 1);
  }

  /** An unsigned 64-bit varint; exact up to 2^53. */
  uint64(): number {
    this.#readVarint();
    return (this.#high * 2 ** 28 + this.#middle) * 2 ** 28 + this.#low;
  }

  /** A signed 64-bit varint in two's complement; exact up to ±2^53. */
  int64(): number {
    this.#readVarint();
    return (((this.#high << 24) >> 24) * 2 ** 28 + this.#middle) * 2 ** 28 + this.#low;
  }

  /** A zigzag varint of 64 bits; exact up to ±2^52. */
  sint64(): number {
    const folded = this.uint64();
    return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
  }

  double(): number {
    const at = this.#advance(8);
    return this.view.getFloat64(at, true);
  }

  /** Narrows the reader to the length-delimited field that follows its tag; gives the end to go back to. */
  enter(): number {
    const outerEnd = this.end;
    const length = this.uint32();
    if (length > outerEnd - this.at) throw this.#cutShort();
    this.end = this.at + length;
    return outerEnd;
  }

  /** Goes on behind the message that was entered, read to its end or not. */
  leave(outerEnd: number): void {
    this.at = this.end;
    this.end = outerEnd;
  }

  /** Goes past the value of a field that is not wanted. */
  skip(tag: number): void {
    switch (tag & 7) {
      case VARINT:
        this.#readVarint();
        return;
      case FIXED64:
        this.#advance(8);
        return;
      case LENGTH_DELIMITED:
        this.#advance(this.uint32());
        return;
      case FIXED32:
        this.#advance(4);
        return;
      default:
        throw new WireError(`proto: illegal wireType ${tag & 7} before byte ${this.at}`);
    }
  }

  /** Calls `read` for each value of a repeated number field, which may be packed or not. */
  repeated(tag: number, read: () => void): void {
    if ((tag & 7) !== LENGTH_DELIMITED) {
      read();
      return;
    }
    const outerEnd = this.enter();
    while (this.hasMore) read();
    this.leave(outerEnd);
  }

  #readVarint(): void {
    let at = this.at;
    let byte = this.#byteAt(at++);
    let low = byte & 0x7f;
    for (let shift = 7; byte >= 0x80 && shift < 28; shift += 7) {
      byte = this.#byteAt(at++);
      low |= (byte & 0x7f) << shift;
    }
    let middle = 0;
    for (let shift = 0; byte >= 0x80 && shift < 28; shift += 7) {
      byte = this.#byteAt(at++);
      middle |= (byte & 0x7f) << shift;
    }
    let high = 0;
    if (byte >= 0x80) {
      byte = this.#byteAt(at++);
      high = byte & 0x7f;
      if (byte >= 0x80) {
        byte = this.#byteAt(at++);
        high |= (byte & 1) << 7;
      }
    }
    if (byte >= 0x80) {
      throw new WireError(`proto: varint of more than ${VARINT_BYTES_MAX} bytes at byte ${this.at}`);
    }
    this.at = at;
    this.#low = low;
    this.#middle = middle;
    this.#high = high;
  }

  #byteAt(at: number): number {
    if (at >= this.end) throw this.#cutShort();
    return this.bytes[at]!;
  }

  // Position before the step.
  #advance(count: number): number {
    const from = this.at;
    if (count > this.end - from) throw this.#cutShort();
    this.at = from + count;
    return from;
  }

  #cutShort(): WireError {
    return new WireError(`proto: unexpected EOF at byte ${this.at}`);
  }
}
