import { isUtf8 } from "node:buffer";
import { formatOpenMetricsFloat, METRIC_NAME, parseGoFloat } from "../../model/index.ts";
import { HISTOGRAM_TYPE, SUMMARY_TYPE } from "./family-type.ts";

const TAB = 9;
const BLANK = 32;
const QUOTE = 34;
const COMMA = 44;
const EQUAL = 61;
const BACKSLASH = 92;
const BRACE_OPEN = 123;
const BRACE_CLOSE = 125;

/**
 * Labels of a sample as exposed: name, value, name, value … with the metric's name as `__name__` first, in the
 * order written, empty values and repeated names included. Byte sequences in names that are no UTF-8 become lone
 * surrogates, which no name check accepts.
 */
export type ExposedLabels = readonly string[];

/**
 * Decodes the text `bytes[from, to)` of a sample, which a scanner has found sound; `type` is the code of the family
 * type in force, which decides whether `le` or `quantile` is rewritten (SCR-40).
 */
export function decodeSeries(bytes: Uint8Array, from: number, to: number, type: number): ExposedLabels {
  const pairs: string[] = [METRIC_NAME, ""];
  let at = from;
  while (at < to && !isBlank(bytes[at]!) && bytes[at] !== BRACE_OPEN) at++;
  if (at > from) pairs[1] = decodeBare(bytes, from, at);
  while (at < to && bytes[at] !== BRACE_OPEN) at++;
  at++;
  while (at < to) {
    const byte = bytes[at]!;
    if (byte === BRACE_CLOSE) break;
    if (byte === COMMA || isBlank(byte)) {
      at++;
      continue;
    }
    const nameEnd = byte === QUOTE ? quotedEnd(bytes, at) : bareEnd(bytes, at, to);
    const name = byte === QUOTE ? decodeQuoted(bytes, at, nameEnd) : decodeBare(bytes, at, nameEnd);
    at = nameEnd;
    while (isBlank(bytes[at]!)) at++;
    if (bytes[at] !== EQUAL) {
      pairs[1] = name;
      continue;
    }
    at++;
    while (isBlank(bytes[at]!)) at++;
    const valueEnd = quotedEnd(bytes, at);
    pairs.push(name, normalizeBound(name, decodeQuoted(bytes, at, valueEnd), type));
    at = valueEnd;
  }
  return pairs;
}

/** Text between double quotes, or help text, with `\\`, `\n` and, when `quotes`, `\"` resolved (TXT-6, TXT-11). */
export function unescapeText(text: string, quotes: boolean): string {
  if (!text.includes("\\")) return text;
  return text.replace(quotes ? /\\([\\n"])/g : /\\([\\n])/g, (_, escaped: string) =>
    escaped === "n" ? "\n" : escaped,
  );
}

/** Bytes as text, those that are no UTF-8 as lone surrogates. */
export function decodeText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at]! < 0x80) continue;
    if (isUtf8(bytes)) return buffer.toString("utf8");
    return buffer
      .toString("latin1")
      .replace(/[\x80-\xff]/g, (byte) => String.fromCharCode(0xdc00 + byte.charCodeAt(0)));
  }
  return buffer.toString("latin1");
}

function decodeBare(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("latin1");
}

function decodeQuoted(bytes: Uint8Array, from: number, to: number): string {
  return unescapeText(decodeText(bytes.subarray(from + 1, to - 1)), true);
}

// Position after the closing quote of what opens at `from`.
function quotedEnd(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  while (bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

function bareEnd(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && !endsBareName(bytes[at]!)) at++;
  return at;
}

function endsBareName(byte: number): boolean {
  return byte === EQUAL || byte === COMMA || byte === BRACE_CLOSE || byte === QUOTE || isBlank(byte);
}

function isBlank(byte: number): boolean {
  return byte === BLANK || byte === TAB;
}

function normalizeBound(name: string, value: string, type: number): string {
  const isBound =
    (type === HISTOGRAM_TYPE && name === "le") || (type === SUMMARY_TYPE && name === "quantile");
  const number = isBound ? parseGoFloat(value) : undefined;
  return number === undefined ? value : formatOpenMetricsFloat(number);
}
