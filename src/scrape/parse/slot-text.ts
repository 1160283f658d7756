import { isUtf8 } from "node:buffer";
import { CLASSES, LABEL_PART, LABEL_START, NAME_PART, NAME_START, TEXT_BYTES_MAX } from "./byte-class.ts";
import { ExpositionError, quoteBytes } from "./exposition-error.ts";

const LF = 10;
const BLANK = 32;
const QUOTE = 34;
const COMMA = 44;
const EQUAL = 61;
const BACKSLASH = 92;
const BRACE_OPEN = 123;
const BRACE_CLOSE = 125;
const LOWER_N = 110;

/**
 * Writes gaps of a skeleton for bodies that are no text: metadata lines and then name and labels of a sample, as the
 * text formats have them, so that all that reads skeletons reads these.
 */
export class SlotText {
  #bytes = new Uint8Array(1024);
  #count = 0;
  /** Where the text of the slot starts in `gap`. */
  textStart = 0;

  /** Everything since `begin`. */
  get gap(): Uint8Array {
    return this.#bytes.subarray(0, this.#count);
  }

  /** Starts a gap: with the break after the sample before it. */
  begin(): void {
    this.#count = 0;
    this.#put(LF);
  }

  /** `# KEYWORD name text` and a line break. @throws ExpositionError when a part is no UTF-8. */
  addMetadata(keyword: "HELP" | "TYPE" | "UNIT", name: Uint8Array, text: Uint8Array): void {
    if (!isUtf8(text))
      throw new ExpositionError(`invalid UTF-8 in ${keyword} of a metric: ${quoteBytes(text)}`);
    this.#ascii(`# ${keyword} `);
    if (isBare(name, NAME_START, NAME_PART)) this.#copy(name);
    else this.#quoted(name);
    this.#put(BLANK);
    this.#escaped(text);
    this.#put(LF);
  }

  /** Starts name and labels; `suffix` is part of the name. @throws ExpositionError */
  beginText(name: Uint8Array, suffix: Uint8Array): void {
    this.textStart = this.#count;
    if (isBare(name, NAME_START, NAME_PART)) {
      this.#copy(name);
      this.#copy(suffix);
      this.#put(BRACE_OPEN);
      return;
    }
    this.#put(BRACE_OPEN);
    this.#quotedWith(name, suffix);
    this.#put(COMMA);
  }

  addLabel(name: Uint8Array, value: Uint8Array): void {
    this.#nameAt(name, 0, name.length);
    this.#put(EQUAL);
    this.#quotedAt(value, 0, value.length);
    this.#put(COMMA);
  }

  /** Adds a label whose name is `source[nameFrom, nameTo)` and whose value `source[valueFrom, valueTo)`. */
  // Positions instead of pieces: 741 → 443 ns a sample with three labels (bench/scrape/parse/formats.bench.ts).
  // oxlint-disable-next-line max-params
  addLabelAt(source: Uint8Array, nameFrom: number, nameTo: number, valueFrom: number, valueTo: number): void {
    this.#nameAt(source, nameFrom, nameTo);
    this.#put(EQUAL);
    this.#quotedAt(source, valueFrom, valueTo);
    this.#put(COMMA);
  }

  #nameAt(source: Uint8Array, from: number, to: number): void {
    if (isBareAt(source, from, to)) {
      this.#reserve(to - from);
      let count = this.#count;
      for (let at = from; at < to; at++) this.#bytes[count++] = source[at]!;
      this.#count = count;
    } else this.#quotedAt(source, from, to);
  }

  #quotedAt(source: Uint8Array, from: number, to: number): void {
    this.#put(QUOTE);
    if (this.#escapedAt(source, from, to) && !isUtf8(source.subarray(from, to))) {
      throw new ExpositionError(`invalid UTF-8 in name or label: ${quoteBytes(source.subarray(from, to))}`);
    }
    this.#put(QUOTE);
  }

  /** Ends name and labels. @throws ExpositionError when they are too long. */
  endText(): void {
    this.#put(BRACE_CLOSE);
    const bytes = this.#count - this.textStart;
    this.#put(BLANK);
    if (bytes <= TEXT_BYTES_MAX) return;
    const start = quoteBytes(this.#bytes.subarray(this.textStart, this.textStart + 50));
    throw new ExpositionError(
      `name and labels of a sample take ${bytes} bytes, limit: ${TEXT_BYTES_MAX} (starts with ${start})`,
    );
  }

  #quoted(text: Uint8Array): void {
    this.#quotedWith(text, NOTHING);
  }

  #quotedWith(text: Uint8Array, suffix: Uint8Array): void {
    this.#put(QUOTE);
    if (this.#escaped(text) && !isUtf8(text)) {
      throw new ExpositionError(`invalid UTF-8 in name or label: ${quoteBytes(text)}`);
    }
    this.#copy(suffix);
    this.#put(QUOTE);
  }

  // Gives whether there is a byte beyond ASCII.
  #escaped(text: Uint8Array): boolean {
    return this.#escapedAt(text, 0, text.length);
  }

  #escapedAt(source: Uint8Array, from: number, to: number): boolean {
    this.#reserve(2 * (to - from));
    const bytes = this.#bytes;
    let count = this.#count;
    let all = 0;
    for (let at = from; at < to; at++) {
      const byte = source[at]!;
      all |= byte;
      if (byte === QUOTE || byte === BACKSLASH || byte === LF) {
        bytes[count++] = BACKSLASH;
        bytes[count++] = byte === LF ? LOWER_N : byte;
      } else bytes[count++] = byte;
    }
    this.#count = count;
    return all >= 0x80;
  }

  #copy(text: Uint8Array): void {
    this.#reserve(text.length);
    const bytes = this.#bytes;
    const count = this.#count;
    for (let at = 0; at < text.length; at++) bytes[count + at] = text[at]!;
    this.#count = count + text.length;
  }

  #ascii(text: string): void {
    this.#reserve(text.length);
    for (let at = 0; at < text.length; at++) this.#bytes[this.#count++] = text.charCodeAt(at);
  }

  #put(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#count++] = byte;
  }

  #reserve(count: number): void {
    const needed = this.#count + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * needed);
    grown.set(this.#bytes.subarray(0, this.#count));
    this.#bytes = grown;
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);

// Whether a label's name needs no quotes.
function isBareAt(source: Uint8Array, from: number, to: number): boolean {
  if (to === from || (CLASSES[source[from]!]! & LABEL_START) === 0) return false;
  for (let at = from + 1; at < to; at++) if ((CLASSES[source[at]!]! & LABEL_PART) === 0) return false;
  return true;
}

// Whether a metric's name needs no quotes.
function isBare(name: Uint8Array, start: number, part: number): boolean {
  if (name.length === 0 || (CLASSES[name[0]!]! & start) === 0) return false;
  for (let at = 1; at < name.length; at++) if ((CLASSES[name[at]!]! & part) === 0) return false;
  return true;
}
