// May a sample be appended to its series? Spec TSDB-2 to TSDB-6, TSDB-8.

import { formatFloatG, type Histogram, type SeriesId } from "../../model/index.ts";
import { createFoundSample } from "../table/newest.ts";
import { histogramAt } from "../table/rows.ts";
import type { Head } from "./head.ts";

// How far ahead of the clock a sample may be.
const AHEAD_MS_MAX: number = 10 * 60_000;

export type Verdict =
  | { readonly kind: "fresh" }
  | { readonly kind: "repeated" } // Stored already, bit for bit.
  | { readonly kind: "late" } // Not fresh, but within the out-of-order window.
  | { readonly kind: "conflict"; readonly reason: string } // Same time, other value.
  | { readonly kind: "disordered" } // Older than the series' newest.
  | { readonly kind: "below" } // Older than what the head takes.
  | { readonly kind: "too old" } // Older than the out-of-order window.
  | { readonly kind: "ahead" }; // Too far ahead of the clock.

/** Millis. */
export interface Bounds {
  readonly low: number; // Earlier samples are out of bounds, unless they are late.
  readonly high: number; // Later samples are out of bounds.
  /** The out-of-order window: samples from here on may be late. Infinity: there is no window. */
  readonly lateLow: number;
}

/** What a head takes now. */
export function boundsOf(head: Head, nowMs: number): Bounds {
  const { outOfOrderWindowMs: window } = head;
  return {
    low: head.lowerBound(),
    high: nowMs + AHEAD_MS_MAX,
    lateLow: window > 0 ? head.maxTime - window : Infinity,
  };
}

/** The newest sample of a series as it stands before an append. */
export interface NewestSample {
  readonly time: number; // Millis; -Infinity: the series has none.
  readonly bits: Uint32Array; // Words of the value.
  readonly histogram: Histogram | undefined;
}

const FRESH: Verdict = { kind: "fresh" };
const REPEATED: Verdict = { kind: "repeated" };
const LATE: Verdict = { kind: "late" };
const DISORDERED: Verdict = { kind: "disordered" };
const TOO_OLD: Verdict = { kind: "too old" };
const BELOW: Verdict = { kind: "below" };
const AHEAD: Verdict = { kind: "ahead" };
const NOTHING: NewestSample = { time: -Infinity, bits: new Uint32Array(2), histogram: undefined };

const found = createFoundSample();

/** Valid until the next call. */
export function newestOf(head: Head, series: SeriesId | -1): NewestSample {
  const place = series === -1 ? undefined : head.newestSample(series, found);
  if (place === undefined) return NOTHING;
  const histogram = histogramAt(head.tables, place.table, place.column, found.row);
  return { time: found.time, bits: found.bits, histogram };
}

/** A float, given by cell `at` of `bits`. */
export function judgeFloat(
  newest: NewestSample,
  bounds: Bounds,
  time: number,
  bits: Uint32Array,
  at: number,
): Verdict {
  const outside = judgeTime(newest, bounds, time);
  if (outside !== undefined) return outside;
  if (newest.histogram !== undefined) {
    return conflict(time, `existing is a histogram, new value ${textOf(bits, at)}`);
  }
  if (newest.bits[0] === bits[2 * at] && newest.bits[1] === bits[2 * at + 1]) return REPEATED;
  return conflict(time, `existing ${textOf(newest.bits, 0)}, new value ${textOf(bits, at)}`);
}

export function judgeHistogram(
  newest: NewestSample,
  bounds: Bounds,
  time: number,
  histogram: Histogram,
): Verdict {
  const outside = judgeTime(newest, bounds, time);
  if (outside !== undefined) return outside;
  if (newest.histogram !== undefined && sameHistogram(newest.histogram, histogram)) return REPEATED;
  return { kind: "conflict", reason: "duplicate sample for timestamp" };
}

// Undefined: at the time of the newest sample.
function judgeTime(newest: NewestSample, bounds: Bounds, time: number): Verdict | undefined {
  if (time > bounds.high) return AHEAD;
  if (time >= bounds.low) {
    if (time > newest.time) return FRESH;
    if (time === newest.time) return undefined;
  }
  if (bounds.lateLow !== Infinity) return time >= bounds.lateLow ? LATE : TOO_OLD;
  return time >= bounds.low ? DISORDERED : BELOW;
}

function conflict(time: number, difference: string): Verdict {
  return {
    kind: "conflict",
    reason: `duplicate sample for timestamp ${time}; overrides not allowed: ${difference}`,
  };
}

function textOf(bits: Uint32Array, at: number): string {
  const value = new Float64Array(bits.slice(2 * at, 2 * at + 2).buffer);
  return formatFloatG(value[0]!);
}

/** Same bits in all fields but the hint, which the store makes itself. */
export function sameHistogram(a: Histogram, b: Histogram): boolean {
  if (a.stale || b.stale) return a.stale === b.stale;
  return (
    a.schema === b.schema &&
    Object.is(a.count, b.count) &&
    Object.is(a.sum, b.sum) &&
    Object.is(a.zeroThreshold, b.zeroThreshold) &&
    Object.is(a.zeroCount, b.zeroCount) &&
    sameNumbers(a.positiveBuckets, b.positiveBuckets) &&
    sameNumbers(a.negativeBuckets, b.negativeBuckets) &&
    sameNumbers(a.customBounds, b.customBounds) &&
    sameSpans(a.positiveSpans, b.positiveSpans) &&
    sameSpans(a.negativeSpans, b.negativeSpans)
  );
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}

function sameSpans(a: Histogram["positiveSpans"], b: Histogram["positiveSpans"]): boolean {
  return (
    a.length === b.length &&
    a.every((span, i) => span.offset === b[i]!.offset && span.length === b[i]!.length)
  );
}
