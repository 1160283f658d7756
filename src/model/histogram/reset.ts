import { exponentialBound } from "./bounds.ts";
import { usesCustomBuckets, type Histogram, type ResetHint } from "./histogram.ts";
import { sameBounds, takeApart, widenZero, type Parts } from "./parts.ts";
import { mapToBounds, reduceSide, sharedBounds, type Side } from "./side.ts";

/**
 * Whether a counter was reset between `previous` and `current`: by the hint, or else because a count fell that cannot
 * fall. Source: Prometheus model/histogram, FloatHistogram.DetectReset; spec NH-9.
 */
export function detectReset(current: Histogram, previous: Histogram): boolean {
  if (current.resetHint === "reset") return true;
  if (current.resetHint === "not_reset") return false;
  if (current.count < previous.count) return true;
  const now = takeApart(current, false);
  const before = takeApart(previous, false);
  if (usesCustomBuckets(current)) {
    if (!usesCustomBuckets(previous)) return true;
    return fellInCustomBuckets(now, before);
  }
  if (current.schema > previous.schema || current.zeroThreshold < previous.zeroThreshold) return true;
  const { zero, threshold } = widenZero(before, current.zeroThreshold);
  if (threshold !== current.zeroThreshold || current.zeroCount < zero.sum) return true;
  return (["positive", "negative"] as const).some((name) => {
    const merged = reduceSide(before[name], previous.schema, current.schema);
    return fell(now[name], merged, (index) => exponentialBound(index, current.schema) <= threshold);
  });
}

/**
 * The hint that a store gives back for `current`, whatever it came with: gauges stay gauges, a histogram of the same
 * layout as the one right before it without a reset between them is not reset, of all others nothing is known.
 * @param previous the sample before it in the series; undefined when there is none or it is a float.
 * Source: Prometheus tsdb/chunkenc, appendable and counterResetHint; spec UT-13.
 */
export function storedHint(current: Histogram, previous: Histogram | undefined): ResetHint {
  if (current.resetHint === "gauge") return "gauge";
  if (previous === undefined || previous.stale || previous.resetHint === "gauge") return "unknown";
  const isSameLayout =
    current.resetHint !== "reset" &&
    current.schema === previous.schema &&
    current.zeroThreshold === previous.zeroThreshold &&
    sameBounds(current.customBounds, previous.customBounds);
  return isSameLayout && !detectReset({ ...current, resetHint: "unknown" }, previous)
    ? "not_reset"
    : "unknown";
}

/** A histogram that may follow another one than when its hint was made: no longer known not to be reset. */
export function afterOther(histogram: Histogram | undefined): Histogram | undefined {
  return histogram?.resetHint === "not_reset" ? { ...histogram, resetHint: "unknown" } : histogram;
}

function fellInCustomBuckets(now: Parts, before: Parts): boolean {
  if (sameBounds(now.customBounds, before.customBounds)) return fell(now.positive, before.positive, never);
  const bounds = sharedBounds(now.customBounds, before.customBounds);
  return fell(
    mapToBounds(now.positive, now.customBounds, bounds),
    mapToBounds(before.positive, before.customBounds, bounds),
    never,
  );
}

// Whether a bucket outside the zero bucket has less than before, or is gone with observations in it.
function fell(now: Side, before: Side, inZeroBucket: (index: number) => boolean): boolean {
  let i = 0;
  for (let j = 0; j < before.indexes.length; j++) {
    const index = before.indexes[j]!;
    if (inZeroBucket(index)) continue;
    while (i < now.indexes.length && now.indexes[i]! < index) i++;
    const count = before.counts[j]!;
    if (now.indexes[i] === index ? now.counts[i]! < count : count !== 0) return true;
  }
  return false;
}

function never(): boolean {
  return false;
}
