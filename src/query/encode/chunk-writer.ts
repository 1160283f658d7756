/** Chunks are handed out once they hold this many bytes; one holds more only for a single long text. */
const CHUNK_BYTES = 128 * 1024;
const FIRST_BYTES = 4 * 1024; // Most answers are small.
const SPARE_BYTES = 8 * 1024; // Room for what is written before a full chunk is taken.
const NOTHING = new Uint8Array(0);

/**
 * Collects bytes and gives them away in chunks. Writers reserve room first and then write to `bytes` from
 * `end` on, moving `end` themselves, so that kernels work on a plain array.
 */
export class ChunkWriter {
  bytes: Uint8Array = NOTHING;
  end = 0;
  #sizeNext = FIRST_BYTES;
  #taken = 0; // Bytes in the chunks given away.

  /** Makes sure that `count` bytes from `end` on can be written. */
  reserve(count: number): void {
    const needed = this.end + count;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#sizeNext));
    grown.set(this.bytes.subarray(0, this.end));
    this.bytes = grown;
    this.#sizeNext = Math.min(4 * this.#sizeNext, CHUNK_BYTES + SPARE_BYTES);
  }

  /** Bytes written so far, in all chunks. */
  get position(): number {
    return this.#taken + this.end;
  }

  /** Whether it is time to take a chunk. */
  get full(): boolean {
    return this.end >= CHUNK_BYTES;
  }

  /** The bytes so far, which now belong to the caller; the writer starts over. */
  take(): Uint8Array {
    const chunk = this.bytes.subarray(0, this.end);
    this.#taken += this.end;
    this.bytes = NOTHING;
    this.end = 0;
    return chunk;
  }

  /** Writes a text of ASCII characters as it is. */
  ascii(text: string): void {
    this.reserve(text.length);
    for (let i = 0; i < text.length; i++) this.bytes[this.end++] = text.charCodeAt(i);
  }

  /** Writes one byte, for which room was reserved. */
  byte(code: number): void {
    this.bytes[this.end++] = code;
  }
}
