import type { TokenType } from "chevrotain";

import { goQuote } from "../../model/index.ts";
import { isAlphaCode, isAlphaNumericCode, isDigitCode, scanNumberOrDuration } from "./number-scan.ts";
import { quoteChar } from "./char-text.ts";

import { charAt, scanString } from "./string-literal.ts";
import {
  Arithmetic,
  At,
  Colon,
  Comma,
  Comparison,
  DurationToken,
  Equal,
  Fill,
  FillSide,
  Identifier,
  KEYWORDS,
  LBrace,
  LBracket,
  LexError,
  LParen,
  MetricIdentifier,
  NotEqual,
  NumberToken,
  RBrace,
  RBracket,
  RegexOperator,
  RParen,
  Sign,
  StringToken,
  Token,
} from "./tokens.ts";

// Made by hand and not from regular expressions, because Prometheus's lexer has state (what is open, what
// stood in the brackets so far) and its error texts and columns show it.

const SINGLE = new Map<string, TokenType>([
  [",", Comma],
  ["+", Sign],
  ["-", Sign],
  ["*", Arithmetic],
  ["/", Arithmetic],
  ["%", Arithmetic],
  ["^", Arithmetic],
  ["@", At],
]);
const DURATION_WORDS = new Set(["step", "range", "max_of", "min_of"]);

/**
 * Cuts a query into tokens. Never fails: a piece that is no token becomes one last LexError token, so that the
 * parser reports whichever comes first, a bad token or one in the wrong place.
 */
export function tokenize(text: string): Token[] {
  return new QueryLexer(text).run();
}

class QueryLexer {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  #pos = 0;
  #parens = 0;
  #inBraces = false;
  #inBrackets = false;
  // Behind `[` and before the first number other rules hold than after it.
  #atDuration = false;
  #hasDuration = false;
  #hasColon = false;
  #isDone = false;

  constructor(text: string) {
    this.#text = text;
  }

  run(): Token[] {
    while (!this.#isDone) {
      this.#skipBlanks();
      if (this.#atDuration) this.#lexDuration();
      else if (this.#inBraces) this.#lexInBraces();
      else this.#lexStatement();
    }
    return this.#tokens;
  }

  #skipBlanks(): void {
    const text = this.#text;
    for (;;) {
      const char = text[this.#pos];
      if (char === " " || char === "\t" || char === "\n" || char === "\r") {
        this.#pos++;
      } else if (char === "#" && !this.#atDuration) {
        while (this.#pos < text.length && text[this.#pos] !== "\n" && text[this.#pos] !== "\r") this.#pos++;
      } else {
        return;
      }
    }
  }

  #emit(type: TokenType, end: number): void {
    this.#tokens.push(new Token(type, this.#text, this.#pos, end));
    this.#pos = end;
  }

  // The error is placed at `#pos`, where the token began or, when one was emitted, behind that.
  #fail(message: string): void {
    this.#tokens.push(new Token(LexError, this.#text, this.#pos, this.#text.length, message));
    this.#isDone = true;
  }

  #lexStatement(): void {
    const text = this.#text;
    const start = this.#pos;
    if (start >= text.length) {
      this.#lexEnd();
      return;
    }
    const char = text[start]!;
    const code = text.charCodeAt(start);
    const single = SINGLE.get(char);
    if (single !== undefined) this.#emit(single, start + 1);
    else if (isAlphaCode(code) || char === ":") this.#lexWord(char);
    else if (this.#isNumberStart()) this.#lexNumber();
    else if (char === '"' || char === "'" || char === "`") this.#lexString();
    else if (char === "(" || char === ")") this.#lexParen(char);
    else if (char === "<" || char === ">") {
      const next = text[start + 1];
      this.#emit(Comparison, next === "=" || next === "/" ? start + 2 : start + 1);
    } else if (char === "=" || char === "!") this.#lexEquality(char);
    else this.#lexOpening(char);
  }

  #lexEnd(): void {
    if (this.#parens !== 0) this.#fail("unclosed left parenthesis");
    else if (this.#inBrackets) this.#fail("unclosed left bracket");
    else this.#isDone = true;
  }

  #lexEquality(char: string): void {
    const start = this.#pos;
    const next = this.#text[start + 1];
    if (char === "!") {
      if (next === "=") this.#emit(NotEqual, start + 2);
      else this.#fail(`unexpected character after '!': ${quoteChar(charAt(this.#text, start + 1))}`);
    } else if (next === "~") this.#fail("unexpected character after '=': '~'");
    else if (next === "=") this.#emit(Comparison, start + 2);
    else this.#emit(Equal, start + 1);
  }

  #lexParen(char: string): void {
    this.#emit(char === "(" ? LParen : RParen, this.#pos + 1);
    this.#parens += char === "(" ? 1 : -1;
    if (this.#parens < 0) this.#replaceLast("unexpected right parenthesis ')'");
  }

  // Prometheus drops the token it has just read in favour of the error, and places the error behind it.
  #replaceLast(message: string): void {
    this.#tokens.pop();
    this.#fail(message);
  }

  #lexOpening(char: string): void {
    const end = this.#pos + 1;
    if (char === "{") {
      this.#emit(LBrace, end);
      this.#inBraces = true;
    } else if (char === "[") {
      if (this.#inBrackets) {
        this.#fail("unexpected left bracket '['");
        return;
      }
      this.#emit(LBracket, end);
      this.#inBrackets = true;
      this.#atDuration = true;
      this.#hasColon = false;
    } else if (char === "]") {
      if (!this.#inBrackets) {
        this.#fail("unexpected right bracket ']'");
        return;
      }
      this.#emit(RBracket, end);
      this.#inBrackets = false;
    } else this.#fail(`unexpected character: ${quoteChar(charAt(this.#text, this.#pos))}`);
  }

  #isNumberStart(): boolean {
    const code = this.#text.charCodeAt(this.#pos);
    return isDigitCode(code) || (code === 0x2e && isDigitCode(this.#text.charCodeAt(this.#pos + 1)));
  }

  #lexNumber(): void {
    const scan = scanNumberOrDuration(this.#text, this.#pos);
    if (scan.kind === "bad") {
      const read = this.#text.slice(this.#pos, scan.end);
      this.#fail(`bad number or duration syntax: ${goQuote(read)}`);
      return;
    }
    this.#emit(scan.kind === "number" ? NumberToken : DurationToken, scan.end);
    this.#atDuration = false;
  }

  #lexString(): void {
    const scan = scanString(this.#text, this.#pos);
    if (scan.error === undefined) this.#emit(StringToken, scan.end);
    else this.#fail(scan.error);
  }

  #lexWord(char: string): void {
    if (this.#inBrackets) {
      this.#lexWordInBrackets(char);
      return;
    }
    const text = this.#text;
    let end = this.#pos + 1;
    let hasColon = char === ":";
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end);
      if (code === 0x3a) hasColon = true;
      else if (!isAlphaNumericCode(code)) break;
    }
    const keyword = hasColon ? undefined : KEYWORDS.get(text.slice(this.#pos, end).toLowerCase());
    // Metrics may be called `fill`, so these are words of the language only in front of a parenthesis (PQL-8).
    const isName = (keyword === Fill || keyword === FillSide) && !/^[ \t\n\r]*\(/.test(text.slice(end));
    if (keyword !== undefined && !isName) this.#emit(keyword, end);
    else this.#emit(hasColon ? MetricIdentifier : Identifier, end);
  }

  #lexWordInBrackets(char: string): void {
    if (char === ":") {
      if (this.#hasColon) this.#fail("unexpected colon ':'");
      else this.#emit(Colon, this.#pos + 1);
      this.#hasColon = true;
    } else if (!this.#lexDurationWord()) {
      this.#fail(`unexpected character: ${quoteChar(char)}, expected ':'`);
    }
  }

  #lexDurationWord(): boolean {
    let end = this.#pos;
    while (isAlphaCode(this.#text.charCodeAt(end))) end++;
    const word = this.#text.slice(this.#pos, end).toLowerCase();
    if (!DURATION_WORDS.has(word)) return false;
    this.#emit(KEYWORDS.get(word)!, end);
    return true;
  }

  // Between `[` and the first number behind it.
  #lexDuration(): void {
    if (this.#pos >= this.#text.length) {
      this.#fail("unexpected end of input in duration expression");
      return;
    }
    const char = this.#text[this.#pos]!;
    const single = char === "@" ? undefined : SINGLE.get(char);
    if (single !== undefined) this.#emit(single, this.#pos + 1);
    else if (char === "]") {
      this.#emit(RBracket, this.#pos + 1);
      this.#inBrackets = false;
      this.#atDuration = false;
    } else if (char === ":") {
      this.#emit(Colon, this.#pos + 1);
      if (!this.#hasDuration) this.#replaceLast("unexpected colon before duration in duration expression");
      else if (this.#hasColon) this.#replaceLast("unexpected repeated colon in duration expression");
      this.#hasColon = true;
    } else if (char === "(" || char === ")") this.#lexParen(char);
    else if (this.#isNumberStart()) {
      this.#hasDuration = true;
      this.#lexNumber();
    } else if (!this.#lexDurationWord()) {
      const found = quoteChar(charAt(this.#text, this.#pos));
      this.#fail(`unexpected character in duration expression: ${found}`);
    }
  }

  #lexInBraces(): void {
    const text = this.#text;
    const start = this.#pos;
    if (start >= text.length) {
      this.#fail("unexpected end of input inside braces");
      return;
    }
    const char = text[start]!;
    if (isAlphaCode(text.charCodeAt(start))) {
      let end = start + 1;
      while (isAlphaNumericCode(text.charCodeAt(end))) end++;
      this.#emit(Identifier, end);
    } else if (char === '"' || char === "'" || char === "`") this.#lexString();
    else if (char === ",") this.#emit(Comma, start + 1);
    else if (char === "=") {
      if (text[start + 1] === "~") this.#emit(RegexOperator, start + 2);
      else this.#emit(Equal, start + 1);
    } else if (char === "!") {
      const next = text[start + 1];
      if (next === "=") this.#emit(NotEqual, start + 2);
      else if (next === "~") this.#emit(RegexOperator, start + 2);
      else {
        this.#fail(`unexpected character after '!' inside braces: ${quoteChar(charAt(text, start + 1))}`);
      }
    } else if (char === "}") {
      this.#emit(RBrace, start + 1);
      this.#inBraces = false;
    } else if (char === "{") this.#fail("unexpected left brace '{'");
    else this.#fail(`unexpected character inside braces: ${quoteChar(charAt(text, start))}`);
  }
}
