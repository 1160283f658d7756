// Texts of symbols in shared memory, as any thread reads them. The block of a symbol:
//
// | field | bytes  | meaning                                                    |
// | ----- | ------ | ---------------------------------------------------------- |
// | shape | varint | twice the number of bytes, and 1 if all of them are ASCII  |
// | bytes | …      | UTF-8                                                      |

import { byteOf, slabOf, type Address, type Slabs } from "../table/slab-heap.ts";

// Decoded texts that are kept, so that a look at the same few is cheap. Long ones are not, to bound their memory.
const KEPT_TEXTS = 4096;
const KEPT_LENGTH_MAX = 128;

/** Reads texts by their number. */
export class SymbolTexts {
  /** Address of each symbol; replaced by longer arrays as symbols come. */
  addresses: Uint32Array;
  readonly #heap: Slabs;
  readonly #buffers: Buffer[] = []; // One a slab.
  readonly #keptIds = new Uint32Array(KEPT_TEXTS); // Plus 1.
  readonly #keptTexts: string[] = Array.from({ length: KEPT_TEXTS }, () => "");

  constructor(heap: Slabs, addresses: Uint32Array) {
    this.#heap = heap;
    this.addresses = addresses;
  }

  text(id: number): string {
    const slot = id % KEPT_TEXTS;
    if (this.#keptIds[slot] === id + 1) return this.#keptTexts[slot]!;
    const text = this.#decode(this.addresses[id]!);
    if (text.length > KEPT_LENGTH_MAX) return text;
    this.#keptIds[slot] = id + 1;
    this.#keptTexts[slot] = text;
    return text;
  }

  /** Whether `text`, which must be well-formed, is that of symbol `id`. */
  is(id: number, text: string): boolean {
    const address = this.addresses[id]!;
    const bytes = this.#heap.u8[slabOf(address)]!;
    const at = byteOf(address);
    const { length } = text;
    let shape = bytes[at]!;
    let from = at + 1;
    if (shape >= 0x80) {
      shape = readShape(bytes, at);
      from = at + shapeLength(shape);
    }
    // Not all ASCII: rare.
    if ((shape & 1) === 0) return text === this.text(id);
    if (shape >>> 1 !== length) return false;
    for (let i = 0; i < length; i++) if (bytes[from + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  #decode(address: Address): string {
    const slab = slabOf(address);
    const at = byteOf(address);
    const bytes = this.#heap.u8[slab]!;
    const shape = readShape(bytes, at);
    const from = at + shapeLength(shape);
    const to = from + (shape >>> 1);
    const buffer = (this.#buffers[slab] ??= Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return (shape & 1) === 1 ? buffer.toString("latin1", from, to) : buffer.toString("utf8", from, to);
  }
}

function readShape(bytes: Uint8Array, at: number): number {
  let shape = 0;
  for (let i = 0; ; i++) {
    const byte = bytes[at + i]!;
    shape |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) return shape >>> 0;
  }
}

/** Bytes that the shape takes as a varint. */
export function shapeLength(shape: number): number {
  return shape < 0x80 ? 1 : Math.ceil((32 - Math.clz32(shape)) / 7);
}
