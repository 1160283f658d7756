import type { ChunkWriter } from "./chunk-writer.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SHORT_ESCAPES: Readonly<Record<number, string>> = {
  0x09: "\\t",
  0x0a: "\\n",
  0x0d: "\\r",
  0x22: '\\"',
  0x5c: "\\\\",
};

/**
 * How a text is written: `raw` inside label sets of answers, `html` everywhere else, where `<`, `>` and `&`
 * become `\u003c`, `\u003e` and `\u0026`. Source: spec API-13.
 */
export type StringStyle = "raw" | "html";

/** `text` as a JSON string with its quotes. A lone surrogate becomes U+FFFD. Source: spec API-13. */
export function jsonString(text: string, style: StringStyle): string {
  const plain = plainLength(text, style);
  if (plain === text.length) return `"${text}"`;
  let escaped = '"';
  let done = 0;
  const sound = text.toWellFormed();
  for (let i = plain; i < sound.length; i++) {
    const replacement = escapeOf(sound.charCodeAt(i), style);
    if (replacement === undefined) continue;
    escaped += sound.slice(done, i) + replacement;
    done = i + 1;
  }
  return `${escaped}${sound.slice(done)}"`;
}

/** Writes `text` as a JSON string in the `raw` style. */
export function writeRawString(writer: ChunkWriter, text: string): void {
  // Three bytes for each UTF-16 unit and the quotes; short ASCII texts, nearly all labels, are copied here.
  writer.reserve(3 * text.length + 2);
  const { bytes } = writer;
  let end = writer.end;
  bytes[end++] = QUOTE;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || unit > 0x7e || unit === QUOTE || unit === BACKSLASH) {
      writeEncoded(writer, jsonString(text, "raw"));
      return;
    }
    bytes[end++] = unit;
  }
  bytes[end++] = QUOTE;
  writer.end = end;
}

/** Writes `text`, which is JSON already, as UTF-8. */
export function writeEncoded(writer: ChunkWriter, text: string): void {
  writer.reserve(3 * text.length);
  const { written } = encoder.encodeInto(text, writer.bytes.subarray(writer.end));
  writer.end += written;
}

const encoder = new TextEncoder();

// How far the text is printable ASCII that needs no escape, which nearly all texts are to their end.
function plainLength(text: string, style: StringStyle): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || unit > 0x7e || unit === QUOTE || unit === BACKSLASH) return i;
    if (style === "html" && isMarkup(unit)) return i;
  }
  return text.length;
}

// One of `<`, `>` and `&`.
function isMarkup(unit: number): boolean {
  return unit === 0x3c || unit === 0x3e || unit === 0x26;
}

function escapeOf(unit: number, style: StringStyle): string | undefined {
  const short = SHORT_ESCAPES[unit];
  if (short !== undefined) return short;
  const isSeparator = unit === 0x2028 || unit === 0x2029;
  if (unit >= 0x20 && !isSeparator && !(style === "html" && isMarkup(unit))) return undefined;
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}
