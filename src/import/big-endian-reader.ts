import { ByteCursor, MalformedBytesError } from "../base/index.ts";

const VARINT_BYTES_MAX = 10;

/**
 * Reads numbers as Go's encoding/binary writes them: big-endian, varints of up to 64 bits. Whole numbers come out as
 * floats, exact up to 2^53. Every method throws MalformedBytesError where the bytes end too early.
 */
export class BigEndianReader extends ByteCursor {
  u32(): number {
    return this.source.readUInt32BE(this.skip(4));
  }

  u64(): number {
    return this.u32() * 2 ** 32 + this.u32();
  }

  i64(): number {
    return this.source.readInt32BE(this.skip(4)) * 2 ** 32 + this.u32();
  }

  f64(): number {
    return this.source.readDoubleBE(this.skip(8));
  }

  /** The bits of a float: its low word and its high word go to elements `at` and `at + 1`. */
  f64Bits(into: Uint32Array, at: number): void {
    into[at + 1] = this.u32();
    into[at] = this.u32();
  }

  uvarint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < VARINT_BYTES_MAX; count++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new MalformedBytesError(`varint at byte ${this.at} is longer than 64 bits`);
  }

  varint(): number {
    // The sign is in the first byte, whatever the sum of all is rounded to.
    const isNegative = this.at < this.end && (this.source[this.at]! & 1) === 1;
    const folded = this.uvarint();
    return isNegative ? -(folded + 1) / 2 : folded / 2;
  }

  /** UTF-8 with its length in bytes before it. */
  text(): string {
    const length = this.uvarint();
    const from = this.skip(length);
    return this.source.toString("utf8", from, from + length);
  }

  /** The next `count` bytes, in place. */
  bytes(count: number): Buffer {
    const from = this.skip(count);
    return this.source.subarray(from, from + count);
  }
}
