const BUFFER_BYTES_MIN = 16 * 1024;
// More than this is not worth keeping for the next body.
const BUFFER_BYTES_KEPT_MAX = 4 * 1024 * 1024;
const BUFFERS_KEPT_MAX = 16;

/**
 * Buffers for response bodies, used again and again. Without them each scrape leaves its body behind as external
 * memory, and V8 answers with a full collection about every second: 62 % of the CPU of scraping 50,000 samples a
 * second went there.
 */
export class BodyBuffers {
  readonly #free: Buffer[] = [];

  /** A buffer of at least `bytes` bytes, with whatever it held before. */
  take(bytes: number): Buffer {
    const found = this.#free.findIndex((buffer) => buffer.length >= bytes);
    if (found >= 0) return this.#free.splice(found, 1)[0]!;
    return Buffer.allocUnsafeSlow(Math.max(BUFFER_BYTES_MIN, 2 ** Math.ceil(Math.log2(bytes))));
  }

  /** Takes back a buffer, or a part of one, that nobody uses any more. */
  give(buffer: Buffer): void {
    const { buffer: memory } = buffer;
    if (memory.byteLength < BUFFER_BYTES_MIN || memory.byteLength > BUFFER_BYTES_KEPT_MAX) return;
    // Small ones first to go, so that in the end all kept ones are large enough.
    if (this.#free.length >= BUFFERS_KEPT_MAX) this.#free.shift();
    this.#free.push(Buffer.from(memory));
  }
}
