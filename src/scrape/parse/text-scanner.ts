import { isUtf8 } from "node:buffer";
import { goQuote } from "../../model/index.ts";
import { CLASSES, LABEL_PART, LABEL_START, NAME_PART, NAME_START, TEXT_BYTES_MAX } from "./byte-class.ts";
import { ExpositionError, quoteBytes } from "./exposition-error.ts";
import { textTypeCode, UNKNOWN_TYPE } from "./family-type.ts";
import { readValue } from "./number.kernel.ts";
import { readOddTime, readOddValue } from "./odd-number.ts";

// Kinds of tokens, in the words of the error texts (TXT-10).
type Token = "INVALID" | "BOPEN" | "BCLOSE" | "LNAME" | "QSTRING" | "COMMA" | "EQUAL" | "TIMESTAMP";

const LF = 10;
const TAB = 9;
const BLANK = 32;
const QUOTE = 34;
const HASH = 35;
const COMMA = 44;
const EQUAL = 61;
const BACKSLASH = 92;
const BRACE_OPEN = 123;
const BRACE_CLOSE = 125;

/**
 * Walks through a body in the Prometheus text format, sample by sample, and checks everything. It is the long way,
 * for what is not in the skeleton: it finds positions and numbers and decodes nothing. Spec TXT-1 to TXT-17; where
 * a body is wrong, position and wording of the error follow Prometheus's lexer, whose quirks the tokens mirror.
 */
export class TextScanner {
  #bytes: Uint8Array = new Uint8Array(0);
  #length = 0;
  #at = 0;
  #tokenStart = 0;
  #lineStart = 0;
  #nameSet = false;
  readonly #values = new Float64Array(1);
  readonly #bits = new Uint32Array(this.#values.buffer);

  /** Code of the type named by the last TYPE line (SCR-40). */
  type: number = UNKNOWN_TYPE;
  /** First byte of the last sample's name or brace. */
  textStart = 0;
  /** After the last byte of its name or closing brace. */
  textEnd = 0;
  /** Where its value starts. */
  valueStart = 0;
  /** Whether the sample has a time of its own. */
  timed = false;
  /** That time in millis, */
  time = 0;
  /** and where it ends. */
  restEnd = 0;

  /** Starts at the beginning of `bytes[0, length)`. */
  open(bytes: Uint8Array, length: number): void {
    this.#bytes = bytes;
    this.#length = length;
    this.#at = 0;
    this.type = UNKNOWN_TYPE;
  }

  /** Where reading goes on: after the last token taken. */
  get position(): number {
    return this.#at;
  }

  /** The last sample's value as two words, low one first. */
  get valueBits(): Uint32Array {
    return this.#bits;
  }

  /**
   * From `at`, directly after a sample's value or, when `timeKnown`, its time: takes what is left of the line. After
   * a value that may be a time; then `timed` is set. @throws ExpositionError
   */
  finishLine(at: number, timeKnown: boolean): void {
    if (at !== this.#at) this.#jumpTo(at);
    this.#readLineEnd(!timeKnown);
  }

  /** Reads the value at `at` of a sample whose name and labels are known. @throws ExpositionError */
  readKnownValue(at: number): void {
    this.#jumpTo(at);
    this.#nameSet = true;
    this.#readValueToken();
  }

  /**
   * From the start of a line: skips blank lines, comments and metadata to the next sample and reads it up to its
   * value, not to the line's end. False when there is none. @throws ExpositionError
   */
  nextSample(): boolean {
    for (;;) {
      this.#lineStart = this.#at;
      this.#skipBlanks();
      if (this.#at >= this.#length) return false;
      const byte = this.#byteAt(this.#at);
      if (byte === 0) return false; // Ends the body in Prometheus's lexer.
      if (byte === LF) {
        this.#at++;
        continue;
      }
      if (byte === HASH) {
        this.#readComment();
        const bytes = this.#at - this.#lineStart;
        if (bytes > TEXT_BYTES_MAX) throw this.#tooLong("a comment line takes", this.#lineStart, bytes);
        continue;
      }
      this.#readSample(byte);
      return true;
    }
  }

  // Errors then quote the line from here on.
  #jumpTo(at: number): void {
    this.#at = at;
    this.#lineStart = at;
  }

  #readSample(first: number): void {
    this.textStart = this.#at;
    this.#tokenStart = this.#at;
    this.#nameSet = false;
    if (first === BRACE_OPEN) {
      this.#at++;
      this.#readLabels();
    } else if ((CLASSES[first]! & NAME_START) !== 0) {
      this.#skipClass(NAME_PART);
      this.#nameSet = true;
      const nameEnd = this.#at;
      this.#skipBlanks();
      if (this.#byteAt(this.#at) === BRACE_OPEN) {
        this.#at++;
        this.#readLabels();
      } else {
        this.#at = nameEnd;
      }
    } else {
      throw this.#unexpected("expected a valid start token", "INVALID");
    }
    this.textEnd = this.#at;
    const bytes = this.textEnd - this.textStart;
    if (bytes > TEXT_BYTES_MAX)
      throw this.#tooLong("name and labels of a sample take", this.textStart, bytes);
    this.#skipBlanks();
    this.#readValueToken();
  }

  // After the opening brace; ends after the closing one.
  #readLabels(): void {
    let token = this.#nextInLabels();
    for (;;) {
      if (token === "BCLOSE") return;
      if (token !== "LNAME" && token !== "QSTRING") throw this.#unexpected("expected label name", token);
      token = this.#nextInLabels();
      if (token === "COMMA" || token === "BCLOSE") {
        // A name without a value is the metric's.
        if (this.#nameSet) {
          throw new ExpositionError(`metric name already set while parsing: ${this.#quoteLine(this.#at)}`);
        }
        this.#nameSet = true;
        if (token === "BCLOSE") return;
        token = this.#nextInLabels();
        continue;
      }
      if (token !== "EQUAL") throw this.#unexpected("expected equal", token);
      this.#readLabelValue();
      token = this.#nextInLabels();
      if (token === "COMMA") token = this.#nextInLabels();
    }
  }

  #nextInLabels(): Token {
    this.#skipBlanks();
    this.#tokenStart = this.#at;
    const byte = this.#byteAt(this.#at);
    this.#at++;
    if ((CLASSES[byte]! & LABEL_START) !== 0) {
      this.#skipClass(LABEL_PART);
      return "LNAME";
    }
    if (byte === COMMA) return "COMMA";
    if (byte === EQUAL) return "EQUAL";
    if (byte === BRACE_CLOSE) return "BCLOSE";
    if (byte === QUOTE) return this.#skipQuoted() ? "QSTRING" : "INVALID";
    this.#at--;
    return "INVALID";
  }

  #readLabelValue(): void {
    this.#skipBlanks();
    this.#tokenStart = this.#at;
    let quoted = this.#byteAt(this.#at) === QUOTE;
    if (quoted) {
      this.#at++;
      quoted = this.#skipQuoted();
    }
    if (!quoted) throw this.#unexpected("expected label value", "INVALID");
    if (!this.#isUtf8(this.#tokenStart, this.#at)) {
      const token = this.#bytes.subarray(this.#tokenStart, this.#at);
      throw new ExpositionError(`invalid UTF-8 label value: ${quoteBytes(token)}`);
    }
  }

  // After the opening quote; ends after the closing one. False, and at the offending byte, when there is none.
  #skipQuoted(): boolean {
    const bytes = this.#bytes;
    const length = this.#length;
    for (let at = this.#at; at < length; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        this.#at = at + 1;
        return true;
      }
      if (byte !== BACKSLASH) continue;
      at++;
      if (at >= length || bytes[at] === LF) {
        this.#at = at;
        return false;
      }
    }
    this.#at = length + 1;
    return false;
  }

  #readValueToken(): void {
    if (!this.#nameSet) {
      // The token that follows is part of the message.
      const end = this.#tokenEnd(this.#at);
      throw new ExpositionError(`metric name not set while parsing: ${this.#quoteLine(end)}`);
    }
    this.valueStart = this.#at;
    this.timed = false;
    const end = readValue(this.#bytes, this.#at, this.#length, this.#values, this.#bits, 0);
    if (end >= 0) {
      this.#at = end;
      return;
    }
    this.#tokenStart = this.#at;
    if (this.#byteAt(this.#at) === BRACE_OPEN) {
      this.#at++;
      throw this.#unexpected("expected value after metric", "BOPEN");
    }
    this.#at = this.#tokenEnd(this.#at);
    if (this.#at === this.valueStart) throw this.#unexpected("expected value after metric", "INVALID");
    const problem = readOddValue(this.#bytes.subarray(this.valueStart, this.#at), this.#values);
    if (problem !== undefined) {
      throw new ExpositionError(`${problem} while parsing: ${this.#quoteLine(this.#at)}`);
    }
  }

  // After a value, or after a time when `mayHaveTime` is false; ends after the line break.
  #readLineEnd(mayHaveTime: boolean): void {
    this.#skipBlanks();
    this.#tokenStart = this.#at;
    this.timed = false;
    if (this.#byteAt(this.#at) === LF) {
      this.#at++;
      return;
    }
    while (isDigit(this.#byteAt(this.#at))) this.#at++;
    const token = this.#at === this.#tokenStart ? "INVALID" : "TIMESTAMP";
    if (!mayHaveTime) throw this.#unexpected("expected next entry after timestamp", token);
    if (token === "INVALID") throw this.#unexpected("expected timestamp or new record", token);
    const time = readOddTime(this.#bytes.subarray(this.#tokenStart, this.#at));
    if (typeof time === "string") {
      throw new ExpositionError(`${time} while parsing: ${this.#quoteLine(this.#at)}`);
    }
    const timeEnd = this.#at;
    this.#readLineEnd(false);
    this.restEnd = timeEnd;
    this.timed = true;
    this.time = time;
  }

  // At a "#"; ends at the line break.
  #readComment(): void {
    this.#at++;
    const afterHash = this.#at;
    this.#skipBlanks();
    const keyword = this.#at === afterHash ? undefined : this.#metadataKeyword();
    if (keyword !== undefined) {
      this.#at += 4;
      this.#skipBlanks();
      this.#readMetadata(keyword);
      return;
    }
    this.#skipLine();
  }

  // "HELP" or "TYPE" when that stands here, followed by a blank.
  #metadataKeyword(): "HELP" | "TYPE" | undefined {
    const after = this.#byteAt(this.#at + 4);
    if (after !== BLANK && after !== TAB) return undefined;
    if (this.#spells(this.#at, HELP_BYTES)) return "HELP";
    return this.#spells(this.#at, TYPE_BYTES) ? "TYPE" : undefined;
  }

  #readMetadata(keyword: "HELP" | "TYPE"): void {
    this.#tokenStart = this.#at;
    const byte = this.#byteAt(this.#at);
    let named = (CLASSES[byte]! & NAME_START) !== 0;
    if (named) this.#skipClass(NAME_PART);
    else if (byte === QUOTE) {
      this.#at++;
      named = this.#skipQuoted();
    }
    if (!named) throw this.#unexpected(`expected metric name after ${keyword}`, "INVALID");
    const textStart = Math.min(this.#at + 1, this.#length);
    this.#skipLine();
    const text = this.#bytes.subarray(Math.min(textStart, this.#at), this.#at);
    if (keyword === "HELP") {
      if (isUtf8(text)) return;
      throw new ExpositionError(`help text ${quoteBytes(text)} is not a valid utf8 string`);
    }
    const shown = Buffer.from(text.buffer, text.byteOffset, text.length).toString("latin1");
    const code = textTypeCode(shown);
    if (code !== undefined) {
      this.type = code;
      return;
    }
    const quoted = /^[ \t]*$/.test(shown) ? goQuote("") : quoteBytes(text);
    throw new ExpositionError(`invalid metric type ${quoted}`);
  }

  #skipBlanks(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    while (at < this.#length && (bytes[at] === BLANK || bytes[at] === TAB)) at++;
    this.#at = at;
  }

  #skipClass(part: number): void {
    const bytes = this.#bytes;
    let at = this.#at;
    while (at < this.#length && (CLASSES[bytes[at]!]! & part) !== 0) at++;
    this.#at = at;
  }

  #skipLine(): void {
    const end = this.#bytes.indexOf(LF, this.#at);
    this.#at = end < 0 || end > this.#length ? this.#length : end;
  }

  #tokenEnd(from: number): number {
    let at = from;
    for (; at < this.#length; at++) {
      const byte = this.#bytes[at]!;
      if (byte === BRACE_OPEN || byte === BLANK || byte === TAB || byte === LF || byte === 0) break;
    }
    return at;
  }

  #spells(at: number, word: Uint8Array): boolean {
    for (let i = 0; i < word.length; i++) if (this.#byteAt(at + i) !== word[i]) return false;
    return true;
  }

  #isUtf8(from: number, to: number): boolean {
    const bytes = this.#bytes;
    for (let at = from; at < to; at++) if (bytes[at]! >= 0x80) return isUtf8(bytes.subarray(from, to));
    return true;
  }

  // The body ends in a line break, whether it was sent or not.
  #byteAt(at: number): number {
    return at < this.#length ? this.#bytes[at]! : LF;
  }

  #unexpected(expected: string, token: Token): ExpositionError {
    const end = this.#at + 1;
    const got = this.#quote(this.#tokenStart, end);
    return new ExpositionError(`${expected}, got ${got} ("${token}") while parsing: ${this.#quoteLine(end)}`);
  }

  #tooLong(what: string, from: number, bytes: number): ExpositionError {
    const start = quoteBytes(this.#bytes.subarray(from, from + 50));
    return new ExpositionError(`${what} ${bytes} bytes, limit: ${TEXT_BYTES_MAX} (starts with ${start})`);
  }

  #quoteLine(end: number): string {
    return this.#quote(this.#lineStart, end);
  }

  #quote(from: number, to: number): string {
    if (to <= this.#length) return quoteBytes(this.#bytes.subarray(from, to));
    const shown = new Uint8Array(this.#length - from + 1);
    shown.set(this.#bytes.subarray(from, this.#length));
    shown[shown.length - 1] = LF;
    return quoteBytes(shown);
  }
}

const HELP_BYTES: Uint8Array = new Uint8Array(Buffer.from("HELP"));
const TYPE_BYTES: Uint8Array = new Uint8Array(Buffer.from("TYPE"));

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}
