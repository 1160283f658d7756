import { unicodeNotation } from "./char-text.ts";

/** Where a string literal ends, or what is wrong with it. */
export interface StringScan {
  readonly end: number; // UTF-16 offset behind the closing quote.
  readonly error: string | undefined;
}

const REPLACEMENT = 0xfffd;
const SIMPLE_ESCAPES = new Map([
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
  ["\\", "\\"],
]);
/** Digits, base and largest value of the numeric escapes, by the character behind the backslash. */
const NUMERIC_ESCAPES = new Map([
  ["x", { digits: 2, base: 16, max: 0xff }],
  ["u", { digits: 4, base: 16, max: 0x10ffff }],
  ["U", { digits: 8, base: 16, max: 0x10ffff }],
]);
const OCTAL = { digits: 3, base: 8, max: 0xff };

/** Reads the literal whose opening quote (`"`, `'` or a backtick) is at `start` (spec PQL-15, PER-8). */
export function scanString(text: string, start: number): StringScan {
  const quote = text[start]!;
  const isRaw = quote === "`";
  let pos = start + 1;
  for (;;) {
    if (pos >= text.length) return failed(isRaw ? "unterminated raw string" : "unterminated quoted string");
    const char = text[pos]!;
    if (char === quote) return { end: pos + 1, error: undefined };
    if (char === "\\" && !isRaw) {
      const escape = scanEscape(text, pos + 1, quote);
      if (escape.error !== undefined) return escape;
      pos = escape.end;
      continue;
    }
    if (char === "\n" && !isRaw) return failed("unterminated quoted string");
    const code = codeAt(text, pos);
    // Go's decoder does not tell invalid bytes from U+FFFD itself.
    if (code === REPLACEMENT) return failed("invalid UTF-8 rune");
    pos += code > 0xffff ? 2 : 1;
  }
}

function failed(error: string): StringScan {
  return { end: 0, error };
}

// One escape; `start` is behind the backslash.
function scanEscape(text: string, start: number, quote: string): StringScan {
  if (start >= text.length) return failed("escape sequence not terminated");
  const lead = text[start]!;
  if (SIMPLE_ESCAPES.has(lead) || lead === quote) return { end: start + 1, error: undefined };
  const isOctal = lead >= "0" && lead <= "7";
  const form = isOctal ? OCTAL : NUMERIC_ESCAPES.get(lead);
  if (form === undefined) return failed(`unknown escape sequence ${unicodeNotation(charAt(text, start))}`);
  const first = isOctal ? start : start + 1;
  let value = 0;
  for (let pos = first; pos < first + form.digits; pos++) {
    if (pos >= text.length) return failed("escape sequence not terminated");
    const digit = digitValue(text.charCodeAt(pos));
    if (digit >= form.base) {
      return failed(`illegal character ${unicodeNotation(charAt(text, pos))} in escape sequence`);
    }
    value = value * form.base + digit;
  }
  if (value > form.max || (value >= 0xd800 && value < 0xe000)) {
    return failed("escape sequence is an invalid Unicode code point");
  }
  return { end: first + form.digits, error: undefined };
}

/**
 * Value of a literal that `scanString` accepted. Escapes for bytes (`\xHH`, `\ooo`) may add up to any bytes;
 * one that is not UTF-8 becomes the lone surrogate U+DC00 + byte, which equals no text of a store and which
 * `goQuote` turns back.
 */
export function unquote(literal: string): string {
  const body = literal.slice(1, -1);
  if (literal[0] === "`" || !body.includes("\\")) return body;
  const encoder = new TextEncoder();
  const bytes: number[] = [];
  for (let pos = 0; pos < body.length;) {
    const backslash = body.indexOf("\\", pos);
    bytes.push(...encoder.encode(body.slice(pos, backslash < 0 ? body.length : backslash)));
    if (backslash < 0) break;
    pos = unescapeInto(bytes, body, backslash + 1);
  }
  return decodeBytes(new Uint8Array(bytes));
}

function decodeBytes(bytes: Uint8Array): string {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
  const whole = decodeWith(decoder, bytes);
  if (whole !== undefined) return whole;
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at]!;
    const length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    const char = decodeWith(decoder, bytes.subarray(at, at + length));
    text += char ?? String.fromCharCode(0xdc00 + byte);
    at += char === undefined ? 1 : length;
  }
  return text;
}

function decodeWith(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch (thrown) {
    if (thrown instanceof TypeError) return undefined;
    throw thrown;
  }
}

// Appends what the escape at `start` (behind the backslash) stands for; returns where it ends.
function unescapeInto(bytes: number[], body: string, start: number): number {
  const lead = body[start]!;
  const isOctal = lead >= "0" && lead <= "7";
  const form = isOctal ? OCTAL : NUMERIC_ESCAPES.get(lead);
  if (form === undefined) {
    bytes.push((SIMPLE_ESCAPES.get(lead) ?? lead).charCodeAt(0)); // Else the quote itself.
    return start + 1;
  }
  const first = isOctal ? start : start + 1;
  const value = Number.parseInt(body.slice(first, first + form.digits), form.base);
  if (form.max === 0xff) bytes.push(value);
  else bytes.push(...new TextEncoder().encode(String.fromCodePoint(value)));
  return first + form.digits;
}

/** Code point at a UTF-16 offset; lone surrogates read as U+FFFD. */
function codeAt(text: string, pos: number): number {
  const code = text.codePointAt(pos)!;
  return code >= 0xd800 && code <= 0xdfff ? REPLACEMENT : code;
}

/** The character at a UTF-16 offset, U+FFFD for a lone surrogate and behind the end. */
export function charAt(text: string, pos: number): string {
  return String.fromCodePoint(pos < text.length ? codeAt(text, pos) : REPLACEMENT);
}

function digitValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : 16;
}
