const SLOTS = 1024;
const TEXT_BYTES_MAX = 64;

/**
 * Turns bytes into texts and gives out the same text again for the same bytes, mostly: label names and values repeat from
 * series to series. Bounded; what does not fit or is not ASCII is decoded each time.
 */
export class TextTable {
  readonly #bytes: Buffer;
  readonly #texts: string[];
  readonly #decoder: InstanceType<typeof TextDecoder>;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#texts = Array.from({ length: SLOTS }, () => "");
    this.#decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  }

  /** The text in bytes `[from, to)`, or undefined when they are not UTF-8. */
  read(from: number, to: number): string | undefined {
    const bytes = this.#bytes;
    if (to - from > TEXT_BYTES_MAX) return this.#decode(from, to);
    let hash = 0;
    let all = 0;
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!;
      all |= byte;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    if (all >= 0x80) return this.#decode(from, to);
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const known = this.#texts[slot]!;
    if (isTextAt(bytes, from, to, known)) return known;
    const text = bytes.toString("latin1", from, to);
    this.#texts[slot] = text;
    return text;
  }

  #decode(from: number, to: number): string | undefined {
    try {
      return this.#decoder.decode(this.#bytes.subarray(from, to));
    } catch (thrown) {
      if (thrown instanceof TypeError) return undefined;
      throw thrown;
    }
  }
}

function isTextAt(bytes: Uint8Array, from: number, to: number, text: string): boolean {
  if (text.length !== to - from) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false;
  return true;
}
