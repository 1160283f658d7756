import { quoteText } from "./quote.ts";

/** A literal's value, or why it has none (the reason of the parse error). */
export type LiteralValue = { readonly value: number } | { readonly error: string };

const INT64_MAX = (1n << 63n) - 1n;
// Milliseconds that fit into 63 bits of nanoseconds.
const DURATION_MAX_MS = 2 ** 63 / 1e6;
const DURATION_MAX_SECONDS = 2 ** 63 / 1e9;

/** Units from large to small, in which order a duration must have them. */
const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ["y", 365 * 86_400_000],
  ["w", 7 * 86_400_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
];

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
  return { error: `error parsing number: strconv.ParseFloat: parsing ${quoteText(text)}: ${fault}` };
}

/** Reads a duration literal; the value is in seconds (PQL-12, PER-31). */
export function readDuration(text: string): LiteralValue {
  let totalMs = 0;
  let lastUnit = -1;
  for (const [, digits, unit] of text.matchAll(/(\d+)(\D*)/g)) {
    const index = UNITS.findIndex(([name]) => name === unit);
    if (index < 0) return { error: `unknown unit ${quoteText(unit!)} in duration ${quoteText(text)}` };
    if (index <= lastUnit || Number(digits) >= 2 ** 64) {
      return { error: `not a valid duration string: ${quoteText(text)}` };
    }
    lastUnit = index;
    totalMs += Number(digits) * UNITS[index]![1];
    if (totalMs > DURATION_MAX_MS) return { error: "duration out of range" };
  }
  return { value: Math.floor(totalMs / 1000) + ((totalMs % 1000) * 1e6) / 1e9 };
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

/** `1h30m`: largest exact units, years and weeks only when nothing else is left (PQL-33). `ms` ≥ 0. */
export function formatDuration(ms: number): string {
  let rest = Math.trunc(ms);
  if (rest === 0) return "0s";
  let out = "";
  for (const [unit, unitMs] of UNITS) {
    if ((unit === "y" || unit === "w") && rest % unitMs !== 0) continue;
    const count = Math.floor(rest / unitMs);
    if (count === 0) continue;
    out += `${count}${unit}`;
    rest -= count * unitMs;
  }
  return out;
}

/** Shortest decimal that reads back the same, never with an exponent; `+Inf`, `-Inf`, `NaN`. */
export function formatPlain(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  if (Object.is(value, -0)) return "-0";
  const [mantissa, exponent] = String(value).split("e");
  if (exponent === undefined) return mantissa!;
  const [whole, fraction = ""] = mantissa!.replace("-", "").split(".");
  const sign = value < 0 ? "-" : "";
  const shift = Number(exponent);
  if (shift < 0) return `${sign}0.${"0".repeat(-shift - 1)}${whole}${fraction}`;
  return `${sign}${whole}${fraction.padEnd(shift, "0")}`;
}

/** Shortest decimal as Go prints it by default: exponent below 1e-4 and from 1e21. */
export function formatShort(value: number): string {
  if (!Number.isFinite(value) || value === 0) return formatPlain(value);
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-4 && magnitude < 1e21) return formatPlain(value);
  const [mantissa, exponent] = value.toExponential().split("e");
  const digits = exponent!.slice(1).padStart(2, "0");
  return `${mantissa}e${exponent![0]}${digits}`;
}
