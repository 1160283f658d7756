import { DurationError, formatFloat, formatFloatG, goQuote, parseDuration } from "../../model/index.ts";

/** A literal's value, or why it has none (the reason of the parse error). */
export type LiteralValue = { readonly value: number } | { readonly error: string };

const INT64_MAX = (1n << 63n) - 1n;
const DURATION_MAX_SECONDS = 2 ** 63 / 1e9; // Of a signed 64-bit number of nanoseconds.

/**
 * Reads a number literal: first as an integer of 63 bits with base prefix (a leading 0 is octal), else as a
 * float (PQL-10, PQL-11). Errors have the words of Go's strconv (PER-7).
 */
export function readNumber(text: string): LiteralValue {
  const lower = text.toLowerCase();
  if (lower === "inf") return { value: Infinity };
  if (lower === "nan") return { value: NaN };
  const digits = lower.replaceAll("_", "");
  const base = /^0x[0-9a-f]+$/.test(digits) ? "0x" : /^0[0-7]+$/.test(digits) ? "0o" : "";
  if (base !== "") {
    const value = BigInt(base === "0x" ? digits : `0o${digits}`);
    if (value <= INT64_MAX) return { value: Number(value) };
  }
  const value = digits.startsWith("0x") ? NaN : Number(digits);
  const fault = Number.isNaN(value)
    ? "invalid syntax"
    : value === Infinity
      ? "value out of range"
      : undefined;
  if (fault === undefined) return { value };
  return { error: `error parsing number: strconv.ParseFloat: parsing ${goQuote(text)}: ${fault}` };
}

/** Reads a duration literal; the value is in seconds (PQL-12, PER-31). */
export function readDuration(text: string): LiteralValue {
  try {
    const ms = parseDuration(text);
    return { value: Math.floor(ms / 1000) + ((ms % 1000) * 1e6) / 1e9 }; // Added up as Prometheus does.
  } catch (thrown) {
    if (thrown instanceof DurationError) return { error: thrown.message };
    throw thrown;
  }
}

/** Whether so many seconds are more than 63 bits of nanoseconds hold (PQL-14). */
export function isDurationOutOfRange(seconds: number): boolean {
  return seconds > DURATION_MAX_SECONDS || seconds < -DURATION_MAX_SECONDS;
}

/** Nanoseconds of a literal, rounded half away from zero as Prometheus does. */
export function secondsToNanos(seconds: number): number {
  return Math.sign(seconds) * Math.round(Math.abs(seconds) * 1e9);
}

/** Milliseconds of a duration literal: rounded to nanoseconds, then cut (PQL-13). */
export function literalToMs(seconds: number): number {
  return Math.trunc(secondsToNanos(seconds) / 1e6) + 0; // Never -0.
}

/** Shortest decimal as Go prints it by default: with an exponent below 1e-4 and from 1e21. */
export function formatShort(value: number): string {
  return Math.abs(value) < 1e-4 ? formatFloatG(value) : formatFloat(value);
}
