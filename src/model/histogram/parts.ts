// A histogram taken apart for arithmetic: columns instead of spans, and beside every number what rounding has lost
// of it. Adding parts gives new parts, so a sum that turns out to overflow can be given up.

import { nextLost } from "../neumaier.ts";
import { exponentialBound } from "./bounds.ts";
import { CUSTOM_BUCKETS_SCHEMA, type Histogram, type ResetHint } from "./histogram.ts";
import {
  addSides,
  dropBelow,
  dropUpTo,
  mapSide,
  mapToBounds,
  readSide,
  reduceSide,
  sharedBounds,
  writeSide,
  type Side,
} from "./side.ts";

/** A number with what rounding has lost of it; plain sums leave `lost` at 0. */
export interface Total {
  readonly sum: number;
  readonly lost: number;
}

export interface Parts {
  readonly schema: number;
  readonly resetHint: ResetHint;
  readonly count: Total;
  readonly sum: Total;
  readonly zeroThreshold: number;
  readonly zero: Total;
  readonly positive: Side;
  readonly negative: Side;
  readonly customBounds: readonly number[];
  /** Whether what is added is summed with compensation. */
  readonly compensated: boolean;
}

/** The outcome of adding: `reconciled` when custom bounds differed and were brought to the common ones (NH-4). */
export interface PartsSum {
  readonly parts: Parts;
  readonly reconciled: boolean;
}

export function takeApart(histogram: Histogram, compensated: boolean): Parts {
  return {
    schema: histogram.schema,
    resetHint: histogram.resetHint,
    count: plain(histogram.count),
    sum: plain(histogram.sum),
    zeroThreshold: histogram.zeroThreshold,
    zero: plain(histogram.zeroCount),
    positive: readSide(histogram.positiveSpans, histogram.positiveBuckets, compensated),
    negative: readSide(histogram.negativeSpans, histogram.negativeBuckets, compensated),
    customBounds: histogram.customBounds,
    compensated,
  };
}

/** The compacted histogram: no empty buckets, no empty spans. */
export function putTogether(parts: Parts): Histogram {
  const positive = writeSide(parts.positive);
  const negative = writeSide(parts.negative);
  return {
    schema: parts.schema,
    resetHint: parts.resetHint,
    count: valueOf(parts.count),
    sum: valueOf(parts.sum),
    stale: false,
    zeroThreshold: parts.zeroThreshold,
    zeroCount: valueOf(parts.zero),
    positiveSpans: positive.spans,
    positiveBuckets: positive.buckets,
    negativeSpans: negative.spans,
    negativeBuckets: negative.buckets,
    customBounds: parts.customBounds,
  };
}

/** Every count and sum changed one by one; bounds and hint stay. */
export function mapParts(parts: Parts, change: (value: number) => number): Parts {
  const changeTotal = ({ sum, lost }: Total): Total => ({
    sum: change(sum),
    lost: parts.compensated ? change(lost) : 0,
  });
  return {
    ...parts,
    count: changeTotal(parts.count),
    sum: changeTotal(parts.sum),
    zero: changeTotal(parts.zero),
    positive: mapSide(parts.positive, change),
    negative: mapSide(parts.negative, change),
  };
}

/**
 * `a` plus `b`, brought to a common schema, zero bucket and bounds; compensated when `a` is. Undefined when one
 * has exponential and the other custom buckets. The hint is merged.
 * Source: Prometheus model/histogram, FloatHistogram.Add and KahanAdd; spec NH-3 to NH-6.
 */
export function addParts(a: Parts, b: Parts): PartsSum | undefined {
  const custom = a.schema === CUSTOM_BUCKETS_SCHEMA;
  if (custom !== (b.schema === CUSTOM_BUCKETS_SCHEMA)) return undefined;
  const totals = {
    ...a,
    resetHint: mergeHints(a.resetHint, b.resetHint),
    count: addTotal(a.count, b.count, a.compensated),
    sum: addTotal(a.sum, b.sum, a.compensated),
  };
  return custom ? addCustom(totals, b) : { parts: addExponential(totals, b), reconciled: false };
}

/** The hint of a sum or difference. Source: spec NH-6. */
function mergeHints(a: ResetHint, b: ResetHint): ResetHint {
  if (a === b) return a;
  return a === "gauge" || b === "gauge" ? "gauge" : "unknown";
}

/**
 * The zero bucket widened to `threshold`, or to the far end of the populated bucket that it would cut.
 * Needs `threshold` not below the present one. Source: Prometheus model/histogram, zeroCountForLargerThreshold.
 */
export function widenZero(parts: Parts, threshold: number): { zero: Total; threshold: number } {
  if (threshold === parts.zeroThreshold) return { zero: parts.zero, threshold };
  let edge = threshold;
  for (;;) {
    const fromPositive = swallow(parts.positive, parts.schema, edge, parts.zero);
    const fromBoth = swallow(parts.negative, parts.schema, fromPositive.edge, fromPositive.zero);
    // The positive side has to be looked at again when the negative one moved the edge.
    if (fromBoth.edge === fromPositive.edge) return { zero: fromBoth.zero, threshold: fromBoth.edge };
    edge = fromBoth.edge;
  }
}

function addCustom(a: Parts, b: Parts): PartsSum {
  if (sameBounds(a.customBounds, b.customBounds)) {
    return { parts: { ...a, positive: addSides(a.positive, b.positive) }, reconciled: false };
  }
  const bounds = sharedBounds(a.customBounds, b.customBounds);
  const left = mapToBounds(a.positive, a.customBounds, bounds);
  const right = mapToBounds(withCompensation(b.positive, a.compensated), b.customBounds, bounds);
  return { parts: { ...a, positive: addSides(left, right), customBounds: bounds }, reconciled: true };
}

function addExponential(a: Parts, b: Parts): Parts {
  const { parts, otherZero } = reconcileZero(a, b);
  const schema = Math.min(parts.schema, b.schema);
  const threshold = parts.zeroThreshold;
  const add = (own: Side, other: Side): Side => {
    // Zeros are only needed beside the counts when merging buckets may lose something.
    const addend =
      schema === b.schema ? other : reduceSide(withCompensation(other, a.compensated), b.schema, schema);
    return addSides(reduceSide(own, parts.schema, schema), dropUpTo(addend, schema, threshold));
  };
  return {
    ...parts,
    schema,
    zero: addTotal(parts.zero, otherZero, a.compensated),
    positive: add(parts.positive, b.positive),
    negative: add(parts.negative, b.negative),
  };
}

// One zero bucket that cuts no populated bucket of either; `b` itself stays, its zero count comes back.
function reconcileZero(a: Parts, b: Parts): { parts: Parts; otherZero: Total } {
  let parts = a;
  let other = { zero: b.zero, threshold: b.zeroThreshold };
  for (;;) {
    if (parts.zeroThreshold > other.threshold) {
      other = widenZero(b, parts.zeroThreshold);
    } else if (other.threshold > parts.zeroThreshold) {
      parts = widenedTo(parts, other.threshold);
    } else {
      return { parts, otherZero: a.compensated ? other.zero : plain(other.zero.sum) };
    }
  }
}

function widenedTo(parts: Parts, least: number): Parts {
  const { zero, threshold } = widenZero(parts, least);
  return {
    ...parts,
    zero: parts.compensated ? zero : plain(zero.sum),
    zeroThreshold: threshold,
    positive: dropBelow(parts.positive, parts.schema, threshold),
    negative: dropBelow(parts.negative, parts.schema, threshold),
  };
}

// Adds the buckets that begin below `edge`, moving it to the end of a populated one that it would cut.
function swallow(side: Side, schema: number, from: number, start: Total): { zero: Total; edge: number } {
  let edge = from;
  let zero = start;
  for (let i = 0; i < side.indexes.length; i++) {
    const index = side.indexes[i]!;
    if (exponentialBound(index - 1, schema) >= edge) break;
    const count = side.counts[i]!;
    zero = addTotal(zero, { sum: count, lost: side.lost?.[i] ?? 0 }, true);
    const upper = exponentialBound(index, schema);
    if (upper > edge) {
      if (count !== 0) edge = upper;
      break;
    }
  }
  return { zero, edge };
}

function addTotal(total: Total, added: Total, compensated: boolean): Total {
  if (!compensated) return plain(total.sum + added.sum);
  const once = { sum: total.sum + added.sum, lost: nextLost(total.sum, total.lost, added.sum) };
  if (added.lost === 0) return once;
  return { sum: once.sum + added.lost, lost: nextLost(once.sum, once.lost, added.lost) };
}

function withCompensation(side: Side, compensated: boolean): Side {
  if ((side.lost !== undefined) === compensated) return side;
  return { ...side, lost: compensated ? side.counts.map(() => 0) : undefined };
}

// Adding a lost 0 would turn -0 into 0.
function valueOf({ sum, lost }: Total): number {
  return lost === 0 ? sum : sum + lost;
}

function plain(sum: number): Total {
  return { sum, lost: 0 };
}

/** Whether two lists of custom bounds are the same. */
export function sameBounds(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((bound, i) => bound === b[i]));
}
