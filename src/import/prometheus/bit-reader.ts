import { MalformedBytesError } from "../../base/index.ts";
import { takeBits } from "./xor-chunk.kernel.ts";

// Sizes of the numbers behind 1, 2, … ones and a zero.
const SIZES = [0, 3, 6, 9, 12, 18, 25, 56, 64];

/** Reads the bits of a chunk, highest of each byte first. Methods throw MalformedBytesError behind the end. */
export class BitReader {
  readonly #data: Uint8Array;
  readonly #end: number; // Bits, as #at.
  #at: number;

  /** Reads bytes `[from, to)`; `data` may be shorter than `to` says, but must not change meanwhile. */
  constructor(data: Uint8Array, from: number, to: number) {
    this.#data = data;
    this.#at = from * 8;
    this.#end = to * 8;
  }

  /** The next `count` bits as a number, 1 ≤ count ≤ 32. */
  bits(count: number): number {
    const at = this.#at;
    if (at + count > this.#end) throw new MalformedBytesError("the chunk ends too early");
    this.#at = at + count;
    return takeBits(this.#data, at, count);
  }

  /** The bits of a float as words: high × 2^32 + low is what they are as a whole number. */
  words(): { readonly high: number; readonly low: number } {
    return { high: this.bits(32), low: this.bits(32) };
  }

  f64(): number {
    const { high, low } = this.words();
    return floatOf(high, low);
  }

  // Size of the number that follows.
  #size(): number {
    let ones = 0;
    while (ones < 8 && this.bits(1) === 1) ones++;
    return SIZES[ones]!;
  }

  #wide(size: number): number {
    if (size <= 32) return this.bits(size);
    return this.bits(size - 32) * 2 ** 32 + this.bits(32);
  }

  /** A whole number of variable size; exact up to 2^53. */
  varbitUint(): number {
    const size = this.#size();
    return size === 0 ? 0 : this.#wide(size);
  }

  /** A signed whole number of variable size; exact up to 2^53. */
  varbitInt(): number {
    const size = this.#size();
    if (size === 0) return 0;
    if (size === 64) return (this.bits(32) | 0) * 2 ** 32 + this.bits(32);
    const value = this.#wide(size);
    return value > 2 ** (size - 1) ? value - 2 ** size : value;
  }

  /** A varint of whole bytes, the sign folded into the lowest bit. */
  varint(): number {
    const first = this.bits(8);
    let folded = first & 0x7f;
    for (let byte = first, scale = 128; byte >= 0x80; scale *= 128) {
      byte = this.bits(8);
      folded += (byte & 0x7f) * scale;
    }
    return (first & 1) === 1 ? -(folded + 1) / 2 : folded / 2;
  }
}

const floats = new Float64Array(1);
const words = new Uint32Array(floats.buffer);

/** The float with these bits. */
export function floatOf(high: number, low: number): number {
  words[0] = low;
  words[1] = high;
  return floats[0]!;
}

/** Whether the float with these bits is the staleness marker. */
export function isStale(high: number, low: number): boolean {
  return high === 0x7ff00000 && low === 2;
}

/** A float that is written as what differs from the one before. */
export class XorFloat {
  high = 0;
  low = 0;
  #length = 64; // Of the window that differs, in bits.
  #trailing = 0;

  /** Takes the first value. */
  start(reader: BitReader): void {
    this.high = reader.bits(32);
    this.low = reader.bits(32);
  }

  /** Takes the next value. */
  next(reader: BitReader): void {
    if (reader.bits(1) === 0) return;
    if (reader.bits(1) === 1) {
      const leading = reader.bits(5);
      this.#length = reader.bits(6) || 64;
      this.#trailing = 64 - leading - this.#length;
      if (this.#trailing < 0) throw new MalformedBytesError("a window of more than 64 bits");
    }
    const length = this.#length;
    const high = length > 32 ? reader.bits(length - 32) : 0;
    const low = reader.bits(Math.min(32, length));
    const trailing = this.#trailing;
    if (trailing >= 32) this.high = (this.high ^ (low << (trailing - 32))) >>> 0;
    else if (trailing === 0) {
      this.high = (this.high ^ high) >>> 0;
      this.low = (this.low ^ low) >>> 0;
    } else {
      this.high = (this.high ^ ((high << trailing) | (low >>> (32 - trailing)))) >>> 0;
      this.low = (this.low ^ (low << trailing)) >>> 0;
    }
  }

  get value(): number {
    return floatOf(this.high, this.low);
  }

  get isStale(): boolean {
    return isStale(this.high, this.low);
  }
}
