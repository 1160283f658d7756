import { NarthexError } from "../base/index.ts";
import { goQuote } from "./quote.ts";

/** A text that is not a duration. */
export class DurationError extends NarthexError {
  override readonly name = "DurationError";
  readonly errorType = "bad_data";
}

/** Longest duration, 2^63 - 1 nanoseconds in whole milliseconds; about 292 years. */
const DURATION_MAX_MS = 9_223_372_036_854;
const COUNT_MAX = 2n ** 64n - 1n;

const DAY_MS = 86_400_000;
/** From the largest unit to the smallest, the only order a duration may name them in. */
const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ["y", 365 * DAY_MS],
  ["w", 7 * DAY_MS],
  ["d", DAY_MS],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
];

/**
 * Milliseconds of a duration such as `1h30m` or `0`.
 * Source: spec CFG-16, CFG-17, PQL-12.
 * @throws DurationError naming the text and what is wrong with it.
 */
export function parseDuration(text: string): number {
  if (text === "") throw new DurationError("empty duration string");
  if (text === "0") return 0;
  let totalMs = 0;
  let position = 0;
  let unitsDone = 0;
  while (position < text.length) {
    const unitStart = skipWhile(text, position, true);
    const unitEnd = skipWhile(text, unitStart, false);
    const digits = text.slice(position, unitStart);
    if (digits === "" || unitEnd === unitStart || !fitsCount(digits)) throw notADuration(text);
    const unitName = text.slice(unitStart, unitEnd);
    const unit = UNITS.findIndex(([name]) => name === unitName);
    if (unit === -1) {
      throw new DurationError(`unknown unit ${goQuote(unitName)} in duration ${goQuote(text)}`);
    }
    if (unit < unitsDone) throw notADuration(text);
    unitsDone = unit + 1;
    totalMs += Number(digits) * UNITS[unit]![1];
    if (totalMs > DURATION_MAX_MS) throw new DurationError("duration out of range");
    position = unitEnd;
  }
  return totalMs;
}

/**
 * The shortest exact spelling: years and weeks only for exact multiples, the rest greedily; `0s` for zero.
 * `ms` is a whole number; a negative one gets a minus sign in front. Source: spec CFG-18.
 */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  let text = ms < 0 ? "-" : "";
  let restMs = Math.abs(ms);
  for (const [name, unitMs] of UNITS) {
    const exactOnly = name === "y" || name === "w";
    if (exactOnly && restMs % unitMs !== 0) continue;
    const count = Math.floor(restMs / unitMs);
    if (count > 0) text += `${count}${name}`;
    restMs -= count * unitMs;
  }
  return text;
}

function skipWhile(text: string, from: number, digits: boolean): number {
  let position = from;
  while (position < text.length && isDigit(text.charCodeAt(position)) === digits) position++;
  return position;
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

function fitsCount(digits: string): boolean {
  const significant = digits.replace(/^0+/, "");
  return significant.length < 20 || (significant.length === 20 && BigInt(significant) <= COUNT_MAX);
}

function notADuration(text: string): DurationError {
  return new DurationError(`not a valid duration string: ${goQuote(text)}`);
}
