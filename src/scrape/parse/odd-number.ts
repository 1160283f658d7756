import { bitsOf, goQuote, parseGoFloat, setNormalNaNAt } from "../../model/index.ts";
import { quoteBytes } from "./exposition-error.ts";

const INT64_MAX = 9223372036854775807n;

/**
 * Reads a value token that the kernel left: infinities, long or extreme decimals, anything wrong. Writes it to
 * `into[0]` (a NaN as the ordinary one) and gives undefined, or the problem in Go's words. Spec TXT-8, SCR-41.
 */
export function readOddValue(token: Uint8Array, into: Float64Array): string | undefined {
  const text = Buffer.from(token.buffer, token.byteOffset, token.length).toString("latin1");
  if (/[pP_]/.test(text)) return "unsupported character in float";
  const value = parseGoFloat(text);
  if (value === undefined) {
    const decimal = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(text);
    const reason = decimal ? "value out of range" : "invalid syntax";
    return `strconv.ParseFloat: parsing ${quoteBytes(token)}: ${reason}`;
  }
  if (Number.isNaN(value)) setNormalNaNAt(bitsOf(into), 0);
  else into[0] = value;
  return undefined;
}

/**
 * Millis written as digits only; beyond the safe integers the nearest of those, which lies outside every time
 * range all the same. The problem in Go's words when it does not fit 64 bits. Spec TXT-9.
 */
export function readOddTime(token: Uint8Array): number | string {
  const text = Buffer.from(token.buffer, token.byteOffset, token.length).toString("latin1");
  const time = Number(text);
  if (time <= Number.MAX_SAFE_INTEGER) return time;
  const digits = text.replace(/^0+/, "");
  if (digits.length > 19 || BigInt(digits) > INT64_MAX) {
    return `strconv.ParseInt: parsing ${goQuote(text)}: value out of range`;
  }
  return Number.MAX_SAFE_INTEGER;
}
