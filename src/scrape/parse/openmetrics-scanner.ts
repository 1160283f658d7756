import { isUtf8 } from "node:buffer";
import { goQuote } from "../../model/index.ts";
import { CLASSES, LABEL_PART, LABEL_START, NAME_PART, NAME_START, TEXT_BYTES_MAX } from "./byte-class.ts";
import { ExpositionError, quoteBytes } from "./exposition-error.ts";
import { openMetricsTypeCode, UNKNOWN_TYPE } from "./family-type.ts";
import { readValue } from "./number.kernel.ts";
import { readOddValue } from "./odd-number.ts";

// Kinds of tokens, in the words of the error texts.
type Token =
  | "INVALID"
  | "EOF"
  | "EOFWORD"
  | "LINEBREAK"
  | "COMMENT"
  | "BOPEN"
  | "BCLOSE"
  | "LNAME"
  | "LVALUE"
  | "QSTRING"
  | "COMMA"
  | "EQUAL"
  | "MNAME"
  | "TEXT"
  | "VALUE"
  | "TIMESTAMP";

type Keyword = "HELP" | "TYPE" | "UNIT";

const LF = 10;
const BLANK = 32;
const QUOTE = 34;
const HASH = 35;
const COMMA = 44;
const EQUAL = 61;
const BACKSLASH = 92;
const BRACE_OPEN = 123;
const BRACE_CLOSE = 125;

/** An exemplar as it stands on a sample's line. */
export interface ScannedExemplar {
  /** Its labels with their braces: bytes `[textStart, textEnd)`. */
  textStart: number;
  textEnd: number;
  value: number;
  timed: boolean;
  time: number; // Millis, when it is timed.
}

/**
 * Walks through a body in the OpenMetrics text format, sample by sample, and checks everything as strictly as
 * Prometheus does; decodes nothing. Spec OM-1 to OM-13; where a body is wrong, the wording of the error follows
 * Prometheus's lexer.
 */
export class OpenMetricsScanner {
  #bytes: Uint8Array = new Uint8Array(0);
  #length = 0;
  #at = 0;
  #tokenStart = 0;
  #lineStart = 0;
  #nameSet = false;
  #isEnded = false;
  readonly #values = new Float64Array(1);
  readonly #bits = new Uint32Array(this.#values.buffer);
  readonly #exemplar: ScannedExemplar = { textStart: 0, textEnd: 0, value: 0, timed: false, time: 0 };

  /** Code of the type named by the last TYPE line. */
  type: number = UNKNOWN_TYPE;
  /** First byte of the last sample's name or brace. */
  textStart = 0;
  /** After the last byte of its name or closing brace. */
  textEnd = 0;
  /** Where its value starts. */
  valueStart = 0;
  /** Whether the sample has a time of its own. */
  timed = false;
  /** That time in millis. */
  time = 0;
  /** The exemplar on its line; the object is used again for the next one. */
  exemplar: ScannedExemplar | undefined = undefined;

  /** Starts at the beginning of `bytes[0, length)`; with `goesOn` these bytes follow those of the last call. */
  open(bytes: Uint8Array, length: number, goesOn: boolean): void {
    this.#bytes = bytes;
    this.#length = length;
    this.#at = 0;
    this.#lineStart = 0;
    if (goesOn) return;
    this.type = UNKNOWN_TYPE;
    this.#isEnded = false;
  }

  /** What it reads. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Where reading goes on: after the last token taken. */
  get position(): number {
    return this.#at;
  }

  /** Where the line starts that is being read. */
  get lineStart(): number {
    return this.#lineStart;
  }

  /** Whether the end marker was read. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** The last sample's value as two words, low one first. */
  get valueBits(): Uint32Array {
    return this.#bits;
  }

  get value(): number {
    return this.#values[0]!;
  }

  /**
   * From the start of a line: skips metadata to the next sample and reads it up to its value, not to the line's end.
   * False at the end of the bytes. @throws ExpositionError
   */
  nextSample(): boolean {
    while (this.#at < this.#length) {
      this.#lineStart = this.#at;
      this.#tokenStart = this.#at;
      if (this.#isEnded) throw new ExpositionError("unexpected data after # EOF");
      const byte = this.#bytes[this.#at]!;
      if (byte === HASH) {
        this.#readMetadata();
        continue;
      }
      this.#readSeries(byte);
      this.#readKnownValue();
      return true;
    }
    return false;
  }

  /**
   * From `at`, directly after a sample's value: takes what is left of the line, a time and an exemplar where they are.
   * @throws ExpositionError
   */
  finishLine(at: number): void {
    if (at !== this.#at) this.#jumpTo(at);
    this.exemplar = undefined;
    this.timed = false;
    const token = this.#nextAfterValue();
    if (token === "COMMENT") this.#readExemplar();
    else if (token === "TIMESTAMP") {
      this.timed = true;
      this.time = this.#readTime("timestamp");
      const next = this.#nextAfterValue();
      if (next === "COMMENT") this.#readExemplar();
      else if (next !== "LINEBREAK") throw this.#unexpected("expected next entry after timestamp", next);
    } else if (token !== "LINEBREAK") throw this.#unexpected("expected timestamp or # symbol", token);
  }

  /** Where the line break is that `finishLine` took: what belongs to the sample ends there. */
  get restEnd(): number {
    return this.#at - 1;
  }

  /** Reads the value at `at` of a sample whose name and labels are known. @throws ExpositionError */
  readKnownValue(at: number): void {
    this.#jumpTo(at - 1); // The blank before it belongs to its token.
    this.#nameSet = true;
    this.#readKnownValue();
  }

  // Errors then quote the line from here on.
  #jumpTo(at: number): void {
    this.#at = at;
    this.#lineStart = at;
  }

  /** To be called when there are no more bytes. @throws ExpositionError without the end marker. */
  end(): void {
    if (!this.#isEnded) throw new ExpositionError("data does not end with # EOF");
  }

  #readSeries(first: number): void {
    this.textStart = this.#at;
    this.#nameSet = false;
    if ((CLASSES[first]! & NAME_START) !== 0) {
      this.#skipClass(NAME_PART);
      this.#nameSet = true;
    } else if (first !== BRACE_OPEN) {
      throw this.#unexpected("expected a valid start token", "INVALID");
    }
    if (this.#byteAt(this.#at) === BRACE_OPEN) {
      this.#at++;
      this.#readLabels(false);
    }
    this.textEnd = this.#at;
    const bytes = this.textEnd - this.textStart;
    if (bytes > TEXT_BYTES_MAX) {
      throw this.#tooLong("name and labels of a sample take", this.textStart, bytes);
    }
  }

  // After the opening brace; ends after the closing one. No blanks are allowed in between.
  #readLabels(isExemplar: boolean): void {
    let token = this.#nextInLabels();
    while (token !== "BCLOSE") {
      if (token !== "LNAME" && token !== "QSTRING") throw this.#unexpected("expected label name", token);
      token = this.#nextInLabels();
      if (token === "COMMA" || token === "BCLOSE") {
        // A name without a value is the metric's.
        if (isExemplar) throw this.#unexpected("expected label name", token);
        if (this.#nameSet) {
          throw new ExpositionError(`metric name already set while parsing: ${this.#quoteLine(this.#at)}`);
        }
        this.#nameSet = true;
        if (token === "COMMA") token = this.#nextInLabels();
        continue;
      }
      if (token !== "EQUAL") throw this.#unexpected("expected equal", token);
      this.#readLabelValue();
      token = this.#nextInLabels();
      if (token === "COMMA") token = this.#nextInLabels();
      else if (token !== "BCLOSE") throw this.#unexpected("expected comma or brace close", token);
    }
  }

  #nextInLabels(): Token {
    if (this.#at >= this.#length) return "EOF";
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
    this.#at = this.#tokenStart;
    return "INVALID";
  }

  #readLabelValue(): void {
    if (this.#at >= this.#length) throw this.#unexpected("expected label value", "EOF");
    this.#tokenStart = this.#at;
    const isQuoted = this.#byteAt(this.#at) === QUOTE;
    if (isQuoted) this.#at++;
    if (!isQuoted || !this.#skipQuoted()) throw this.#unexpected("expected label value", "INVALID");
    const token = this.#bytes.subarray(this.#tokenStart, this.#at);
    if (!isUtf8(token)) throw new ExpositionError(`invalid UTF-8 label value: ${quoteBytes(token)}`);
  }

  // After the opening quote; ends after the closing one, or gives false, and is where the text breaks off.
  #skipQuoted(): boolean {
    let at = this.#at;
    for (; at < this.#length && this.#bytes[at] !== LF; at++) {
      const byte = this.#bytes[at]!;
      if (byte === QUOTE) {
        this.#at = at + 1;
        return true;
      }
      if (byte === BACKSLASH && this.#byteAt(at + 1) !== LF) at++;
    }
    this.#at = at;
    return false;
  }

  #readKnownValue(): void {
    if (!this.#nameSet) {
      // The value is part of the message.
      const end = this.#tokenEnd(this.#at + 1);
      throw new ExpositionError(`metric name not set while parsing: ${this.#quoteLine(end)}`);
    }
    this.#readValue("metric");
    this.valueStart = this.#tokenStart + 1;
  }

  // One blank and everything up to the next blank or line break.
  #readValue(after: "metric" | "exemplar labels"): void {
    this.#tokenStart = this.#at;
    const isValue = this.#byteAt(this.#at) === BLANK && !endsToken(this.#byteAt(this.#at + 1));
    if (!isValue) {
      if (this.#at >= this.#length) {
        // The token before is what is shown.
        this.#tokenStart = this.#byteAt(this.#at - 1) === BRACE_CLOSE ? this.#at - 1 : this.textStart;
        throw this.#unexpected(`expected value after ${after}`, "EOF");
      }
      if (this.#byteAt(this.#at) === BLANK) this.#at++;
      throw this.#unexpected(`expected value after ${after}`, "INVALID");
    }
    const from = this.#at + 1;
    const end = readValue(this.#bytes, from, this.#length, this.#values, this.#bits, 0);
    if (end >= 0 && endsToken(this.#byteAt(end))) {
      this.#at = end;
      return;
    }
    this.#at = this.#tokenEnd(from);
    const problem = readOddValue(this.#bytes.subarray(from, this.#at), this.#values);
    if (problem !== undefined) {
      throw new ExpositionError(`${problem} while parsing: ${this.#quoteLine(this.#at)}`);
    }
  }

  #nextAfterValue(): Token {
    this.#tokenStart = this.#at;
    if (this.#at >= this.#length) throw new ExpositionError("data does not end with # EOF");
    const byte = this.#byteAt(this.#at);
    if (byte === LF) {
      this.#at++;
      return "LINEBREAK";
    }
    if (byte !== BLANK) return "INVALID";
    const next = this.#byteAt(this.#at + 1);
    if (next === HASH && this.#byteAt(this.#at + 2) === BLANK) {
      this.#at += 3;
      return "COMMENT";
    }
    if (endsToken(next)) throw this.#strayToken(this.#at + 1, next === LF ? "LINEBREAK" : "INVALID");
    this.#at = this.#tokenEnd(this.#at + 1);
    return "TIMESTAMP";
  }

  // What stands after a blank that begins nothing: quoted from there on, as if a line began.
  #strayToken(at: number, token: Token): ExpositionError {
    this.#at = at;
    this.#tokenStart = at;
    this.#lineStart = at;
    if (token === "LINEBREAK") this.#at++;
    return this.#unexpected("expected a valid start token", token);
  }

  // The token just taken as seconds; gives whole millis, cut off towards zero (OM-7).
  #readTime(what: "timestamp" | "exemplar timestamp"): number {
    const token = this.#bytes.subarray(this.#tokenStart + 1, this.#at);
    const into = new Float64Array(1);
    const problem = readOddValue(token, into);
    if (problem !== undefined) {
      throw new ExpositionError(`${problem} while parsing: ${this.#quoteLine(this.#at)}`);
    }
    const seconds = into[0]!;
    if (!Number.isFinite(seconds)) {
      const shown = Number.isNaN(seconds) ? "NaN" : seconds > 0 ? "+Inf" : "-Inf";
      throw new ExpositionError(`invalid ${what} ${shown}`);
    }
    const millis = Math.trunc(seconds * 1000) + 0; // -0 is 0.
    return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, millis));
  }

  // After the "#" before it; ends after the line break (OM-8).
  #readExemplar(): void {
    if (this.#byteAt(this.#at) !== BRACE_OPEN) throw this.#strayToken(this.#at, "INVALID");
    this.#at++;
    const exemplar = this.#exemplar;
    const low = this.#bits[0]!;
    const high = this.#bits[1]!;
    exemplar.textStart = this.#at - 1;
    this.#readLabels(true);
    exemplar.textEnd = this.#at;
    this.#readValue("exemplar labels");
    exemplar.value = this.#values[0]!;
    this.#bits[0] = low;
    this.#bits[1] = high;
    exemplar.timed = false;
    let token = this.#nextAfterValue();
    if (token === "TIMESTAMP") {
      exemplar.timed = true;
      exemplar.time = this.#readTime("exemplar timestamp");
      token = this.#nextAfterValue();
    }
    if (token !== "LINEBREAK") throw this.#unexpected("expected next entry after exemplar timestamp", token);
    this.exemplar = exemplar;
  }

  // At a "#"; ends after the line break.
  #readMetadata(): void {
    if (this.#byteAt(this.#at + 1) !== BLANK) {
      this.#at++;
      throw this.#unexpected("expected a valid start token", "INVALID");
    }
    if (this.#spells(this.#at + 2, "EOF")) {
      this.#at += 5;
      if (this.#byteAt(this.#at) === LF) this.#at++;
      this.#isEnded = true;
      if (this.#at < this.#length) throw new ExpositionError("unexpected data after # EOF");
      return;
    }
    const keyword = (["HELP", "TYPE", "UNIT"] as const).find((each) =>
      this.#spells(this.#at + 2, `${each} `),
    );
    if (keyword === undefined) {
      // As in Prometheus, the bytes that may begin a keyword are shown.
      const alike = ["HELP ", "TYPE ", "UNIT ", "EOF"].map((word) => this.#alike(this.#at + 2, word));
      this.#at += 2 + Math.max(...alike);
      throw this.#unexpected("expected a valid start token", "INVALID");
    }
    this.#at += 7;
    const name = this.#readMetadataName(keyword);
    const textFrom = this.#at;
    const isText = this.#byteAt(this.#at) === BLANK;
    const end = isText ? this.#bytes.indexOf(LF, this.#at) : -1;
    if (end < 0 || end >= this.#length) throw new ExpositionError(`expected text in ${keyword}`);
    this.#at = end + 1;
    const bytes = end - this.#lineStart;
    if (bytes > TEXT_BYTES_MAX) throw this.#tooLong("a metadata line takes", this.#lineStart, bytes);
    this.#checkMetadata(keyword, name, this.#bytes.subarray(textFrom + 1, end));
  }

  #readMetadataName(keyword: Keyword): Uint8Array {
    const start = this.#at;
    this.#tokenStart = start;
    const byte = this.#byteAt(start);
    if ((CLASSES[byte]! & NAME_START) !== 0) {
      this.#skipClass(NAME_PART);
      return this.#bytes.subarray(start, this.#at);
    }
    if (byte === QUOTE) {
      this.#at++;
      if (this.#skipQuoted()) return this.#bytes.subarray(start + 1, this.#at - 1);
      this.#at = start;
    }
    throw this.#unexpected(`expected metric name after ${keyword}`, "INVALID");
  }

  #checkMetadata(keyword: Keyword, name: Uint8Array, text: Uint8Array): void {
    if (keyword === "HELP") {
      if (isUtf8(text)) return;
      throw new ExpositionError(`help text ${quoteBytes(text)} is not a valid utf8 string`);
    }
    const shown = Buffer.from(text).toString("latin1");
    if (keyword === "TYPE") {
      const code = openMetricsTypeCode(shown);
      if (code === undefined) throw new ExpositionError(`invalid metric type ${quoteBytes(text)}`);
      this.type = code;
      return;
    }
    const family = Buffer.from(name).toString("latin1");
    if (text.length > 0 && !family.endsWith(`_${shown}`)) {
      const quoted = goQuote(Buffer.from(name).toString("utf8"));
      throw new ExpositionError(`unit ${quoteBytes(text)} not a suffix of metric ${quoted}`);
    }
  }

  #skipClass(part: number): void {
    let at = this.#at;
    while (at < this.#length && (CLASSES[this.#bytes[at]!]! & part) !== 0) at++;
    this.#at = at;
  }

  #tokenEnd(from: number): number {
    let at = from;
    while (at < this.#length && !endsToken(this.#bytes[at]!)) at++;
    return at;
  }

  // How many bytes agree with the start of a word.
  #alike(at: number, word: string): number {
    let count = 0;
    while (count < word.length && this.#byteAt(at + count) === word.charCodeAt(count)) count++;
    return count;
  }

  #spells(at: number, word: string): boolean {
    for (let i = 0; i < word.length; i++) if (this.#byteAt(at + i) !== word.charCodeAt(i)) return false;
    return true;
  }

  // NUL stands for the end of the bytes.
  #byteAt(at: number): number {
    return at < this.#length ? this.#bytes[at]! : 0;
  }

  #unexpected(expected: string, token: Token): ExpositionError {
    // As in Prometheus, the byte after the token is shown with it.
    const end = Math.min(this.#length, this.#at + 1);
    const got = quoteBytes(this.#bytes.subarray(this.#tokenStart, end));
    return new ExpositionError(`${expected}, got ${got} ("${token}") while parsing: ${this.#quoteLine(end)}`);
  }

  #tooLong(what: string, from: number, bytes: number): ExpositionError {
    const start = quoteBytes(this.#bytes.subarray(from, from + 50));
    return new ExpositionError(`${what} ${bytes} bytes, limit: ${TEXT_BYTES_MAX} (starts with ${start})`);
  }

  #quoteLine(end: number): string {
    return quoteBytes(this.#bytes.subarray(this.#lineStart, end));
  }
}

function endsToken(byte: number): boolean {
  return byte === BLANK || byte === LF || byte === 0;
}
