import { goQuote } from "../../model/index.ts";
import { quoteChar } from "./char-text.ts";
import { readNumber } from "./number-literal.ts";
import { isAlphaCode, isAlphaNumericCode, isDigitCode, scanNumber } from "./number-scan.ts";
import type { PromqlParseError } from "./parse-error.ts";
import { Source } from "./source.ts";
import { charAt, scanString, unquote } from "./string-literal.ts";

/** Reads a series description piece by piece; each method takes its piece or throws a PromqlParseError. */
export class SeriesScanner {
  readonly #source: Source;
  readonly #text: string;
  #pos = 0;

  constructor(text: string) {
    this.#source = new Source(text);
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#pos >= this.#text.length;
  }

  get offset(): number {
    return this.#pos;
  }

  /** An error about the piece from `start`, by default the current place, on. */
  fail(reason: string, start: number = this.#pos): PromqlParseError {
    return this.#source.error(this.#source.range(start, this.#text.length), reason);
  }

  /** An error that names the next piece as Prometheus does: `unexpected identifier "b" in label set`. */
  unexpected(context: string, expected = ""): PromqlParseError {
    const instead = expected === "" ? "" : `, expected ${expected}`;
    return this.fail(`unexpected ${this.#describeNext()} in ${context}${instead}`);
  }

  #describeNext(): string {
    if (this.isAtEnd) return "end of input";
    const code = this.#text.charCodeAt(this.#pos);
    if (isAlphaCode(code)) return `identifier ${goQuote(this.#text.slice(this.#pos, this.#wordEnd()))}`;
    if (isDigitCode(code)) {
      const { end } = scanNumber(this.#text, this.#pos, false);
      return `number ${goQuote(this.#text.slice(this.#pos, end))}`;
    }
    const char = charAt(this.#text, this.#pos);
    return "+-".includes(char) ? `<op:${char}>` : goQuote(char);
  }

  #wordEnd(): number {
    let end = this.#pos;
    while (isAlphaNumericCode(this.#text.charCodeAt(end))) end++;
    return end;
  }

  /** Whether `text` comes next. */
  sees(text: string): boolean {
    return this.#text.startsWith(text, this.#pos);
  }

  /** Takes `text` when it comes next. */
  takes(text: string): boolean {
    if (!this.sees(text)) return false;
    this.#pos += text.length;
    return true;
  }

  /** Takes blanks; tells whether there were any. */
  takesBlanks(): boolean {
    const start = this.#pos;
    while (" \t\n\r".includes(this.#text[this.#pos] ?? "x")) this.#pos++;
    return this.#pos > start;
  }

  /** A word of letters, digits and `_`, with `colons` also `:`; "" when none comes next. */
  word(colons = false): string {
    const start = this.#pos;
    const code = this.#text.charCodeAt(start);
    if (!isAlphaCode(code) && !(colons && code === 0x3a)) return "";
    while (this.#isWordUnit(colons)) this.#pos++;
    return this.#text.slice(start, this.#pos);
  }

  #isWordUnit(colons: boolean): boolean {
    const code = this.#text.charCodeAt(this.#pos);
    return isAlphaNumericCode(code) || (colons && code === 0x3a);
  }

  get seesQuote(): boolean {
    return !this.isAtEnd && "\"'`".includes(this.#text[this.#pos]!);
  }

  /** A string literal's value; a quote comes next. */
  string(): string {
    const scan = scanString(this.#text, this.#pos);
    if (scan.error !== undefined) throw this.fail(scan.error);
    const literal = this.#text.slice(this.#pos, scan.end);
    this.#pos = scan.end;
    return unquote(literal);
  }

  /** A number with an optional sign; undefined when the next piece is none. */
  number(signs: "+-" | "-" | "" = "+-"): number | undefined {
    const start = this.#pos;
    const sign = signs !== "" && signs.includes(this.#text[start] ?? "x") ? this.#text[start]! : "";
    this.#pos += sign.length;
    const digits = this.#numberText();
    if (digits === "") {
      this.#pos = start;
      return undefined;
    }
    const read = readNumber(digits);
    if ("error" in read) throw this.fail(read.error, this.#pos - digits.length);
    return sign === "-" ? -read.value : read.value;
  }

  #numberText(): string {
    const start = this.#pos;
    const code = this.#text.charCodeAt(start);
    if (isDigitCode(code) || (code === 0x2e && isDigitCode(this.#text.charCodeAt(start + 1)))) {
      const { kind, end } = scanNumber(this.#text, start, false);
      if (kind === "bad") throw this.fail(`bad number syntax: ${goQuote(this.#text.slice(start, end))}`);
      this.#pos = end;
      return this.#text.slice(start, end);
    }
    // `Infx5` reads as one word, so it is none of these; neither is it in Prometheus.
    const word = this.#text.slice(start, this.#wordEnd());
    if (!/^(inf|nan)$/i.test(word)) return "";
    this.#pos += word.length;
    return word;
  }

  /** A whole number without sign, as repetitions and schemas have it. */
  count(): number {
    const start = this.#pos;
    const digits = this.#numberText();
    if (digits === "") throw this.unexpected("series values");
    if (/^\d+$/.test(digits)) return Number(digits);
    const fault = `strconv.ParseUint: parsing ${goQuote(digits)}: invalid syntax`;
    throw this.fail(`invalid repetition in series values: ${fault}`, start);
  }

  /** The next character as error texts quote it. */
  quotedNext(): string {
    return quoteChar(charAt(this.#text, this.#pos));
  }
}
