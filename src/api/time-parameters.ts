import { goQuote, millis, parseDuration, parseGoFloat, type Millis } from "../model/index.ts";

/** A point in time as a parameter gave it: the sum of both fields, which may have different signs. */
export interface ApiTime {
  readonly seconds: number; // Whole; -2^63 for what no int64 holds, as Go converts.
  readonly nanoseconds: number; // Whole; -2^63 for NaN.
}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;
const INT64_MIN = -(2 ** 63);
const INT64_LIMIT = 2 ** 63;
const NANOSECONDS = 1_000_000_000;
// Beyond this many seconds, nanoseconds since 1970 leave 64 bits.
const NANOSECOND_RANGE_SECONDS = 9_223_372_036;

/** Before and after every sample: what stands in for a missing `start` and `end`. */
export const EARLIEST: Millis = millis(Number.MIN_SAFE_INTEGER);
export const LATEST: Millis = millis(Number.MAX_SAFE_INTEGER);

// What the real server prints for its own extremes, and so has to read.
const EXTREMES: ReadonlyMap<string, ApiTime> = new Map([
  ["-292273086-05-16T16:47:06Z", { seconds: -9_223_309_901_257_974, nanoseconds: 0 }],
  ["292277025-08-18T07:12:54.999999999Z", { seconds: 9_223_309_901_257_974, nanoseconds: 999_999_999 }],
]);

/**
 * Seconds as a float, rounded to the millisecond, or RFC 3339. Source: spec API-22.
 * @throws Error with the text for the client.
 */
export function parseTime(text: string): ApiTime {
  const seconds = parseGoFloat(text);
  if (seconds !== undefined) return timeFromSeconds(seconds);
  const time = parseRfc3339(text) ?? EXTREMES.get(text);
  if (time === undefined) throw new Error(`cannot parse ${goQuote(text)} to a valid timestamp`);
  return time;
}

/** Milliseconds for look-ups, drawn in to the safe integers. */
export function lookupMillis(time: ApiTime): Millis {
  const ms = time.seconds * 1000 + Math.trunc(time.nanoseconds / 1e6);
  return millis(Math.min(LATEST, Math.max(EARLIEST, ms)));
}

/**
 * Milliseconds for the query engine, which counts nanoseconds in 64 bits: a time outside the years 1678 to 2262
 * comes out wrapped, as it does in Prometheus. Source: Prometheus promql/engine.go, timeMilliseconds.
 */
export function engineMillis(time: ApiTime): number {
  if (Math.abs(time.seconds) < NANOSECOND_RANGE_SECONDS) {
    return Math.trunc(time.seconds * 1000 + time.nanoseconds / 1e6);
  }
  const nanoseconds = BigInt(time.seconds) * BigInt(NANOSECONDS) + BigInt(time.nanoseconds);
  return Number(BigInt.asIntN(64, nanoseconds) / 1_000_000n);
}

export function isBefore(a: ApiTime, b: ApiTime): boolean {
  return millisBetween(a, b) > 0;
}

/** Milliseconds from `a` to `b`, with fractions. */
export function millisBetween(a: ApiTime, b: ApiTime): number {
  return (b.seconds - a.seconds) * 1000 + (b.nanoseconds - a.nanoseconds) / 1e6;
}

/**
 * Milliseconds, with fractions, of a length of time in float seconds or as `1h30m`. Source: spec API-23.
 * @throws Error with the text for the client.
 */
export function parseApiDuration(text: string): number {
  const seconds = parseGoFloat(text);
  if (seconds !== undefined) {
    const nanoseconds = seconds * NANOSECONDS;
    if (nanoseconds > INT64_LIMIT || nanoseconds < INT64_MIN) {
      throw new Error(`cannot parse ${goQuote(text)} to a valid duration. It overflows int64`);
    }
    return toInt64(nanoseconds) / 1e6;
  }
  try {
    return parseDuration(text);
  } catch (cause) {
    // The reason is left out, as Prometheus does.
    throw new BadDurationError(`cannot parse ${goQuote(text)} to a valid duration`, cause);
  }
}

class BadDurationError extends Error {
  readonly reason: unknown;
  constructor(message: string, reason: unknown) {
    super(message);
    this.reason = reason;
  }
}

function timeFromSeconds(value: number): ApiTime {
  const whole = Math.trunc(value);
  const fraction = roundHalfAway((value - whole) * 1000) / 1000;
  return { seconds: toInt64(whole), nanoseconds: toInt64(fraction * NANOSECONDS) };
}

// Go on amd64 turns NaN and what does not fit into the smallest int64.
function toInt64(value: number): number {
  return value >= INT64_MIN && value < INT64_LIMIT ? Math.trunc(value) : INT64_MIN;
}

function roundHalfAway(value: number): number {
  return value < 0 ? -Math.floor(-value + 0.5) : Math.floor(value + 0.5);
}

function parseRfc3339(text: string): ApiTime | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const offsetMinutes = Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0);
  if (hour > 23 || minute > 59 || second > 59 || Number(match[9] ?? 0) > 24 || Number(match[10] ?? 0) > 60) {
    return undefined;
  }
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (month < 1 || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const sign = match[8] === "-" ? -1 : 1;
  const seconds = date.getTime() / 1000 + hour * 3600 + minute * 60 + second - sign * offsetMinutes * 60;
  const nanoseconds = Number((match[7] ?? "").slice(0, 9).padEnd(9, "0"));
  return { seconds, nanoseconds };
}
