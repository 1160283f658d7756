// Change over a window, extrapolated to the window's edges. What hangs on times alone is computed once for all
// series of a timeline; resets are found in one pass over the series, so that a step looks at its window's first
// and last value only.

const FLOAT = 1;

/** What extrapolation needs of the times, by step, in seconds. Undefined content where a window has < 2 rows. */
export interface Extrapolation {
  readonly sampled: Float64Array; // From the first to the last row.
  readonly toStart: Float64Array; // How far to extrapolate to the left, before the limit at zero.
  readonly toEnd: Float64Array;
}

/**
 * Fills `extrapolation` for windows `(ends[s] - rangeMs, ends[s]]`.
 * Source: Prometheus promql/functions.go, extrapolatedRate; spec FN-50.
 */
export function fillExtrapolation(
  times: Float64Array,
  ends: Float64Array,
  rangeMs: number,
  from: Int32Array,
  to: Int32Array,
  extrapolation: Extrapolation,
): void {
  const { sampled, toStart, toEnd } = extrapolation;
  for (let step = 0; step < ends.length; step++) {
    const intervals = to[step]! - from[step]! - 1;
    if (intervals < 1) continue;
    const first = times[from[step]!]!;
    const last = times[to[step]! - 1]!;
    const seconds = (last - first) / 1000;
    const average = seconds / intervals;
    const threshold = average * 1.1;
    const left = (first - (ends[step]! - rangeMs)) / 1000;
    const right = (ends[step]! - last) / 1000;
    sampled[step] = seconds;
    toStart[step] = left >= threshold ? average / 2 : left;
    toEnd[step] = right >= threshold ? average / 2 : right;
  }
}

/**
 * Rows of `[first, end)` whose value is below the one before, ascending, into `rows`; their number. `first` itself
 * is not looked at. Needs `rows.length >= end - first`.
 */
export function findResets(values: Float64Array, first: number, end: number, rows: Int32Array): number {
  if (first >= end) return 0;
  let count = 0;
  let previous = values[first]!;
  for (let row = first + 1; row < end; row++) {
    const value = values[row]!;
    if (value < previous) rows[count++] = row;
    previous = value;
  }
  return count;
}

/**
 * Increase of a counter in each window, times what extrapolates it, divided by `seconds` (1 for increase, the range
 * for rate). `resets[0, resetCount)` are the rows of the resets. Steps with fewer than two rows are left alone.
 * The order of the operations is Prometheus's, for the last digit's sake (FN-50b).
 */
export function extrapolateCounter(
  values: Float64Array,
  from: Int32Array,
  to: Int32Array,
  extrapolation: Extrapolation,
  seconds: number,
  resets: Int32Array,
  resetCount: number,
  out: Float64Array,
  kinds: Uint8Array,
): void {
  const { sampled, toStart, toEnd } = extrapolation;
  let nextReset = 0;
  for (let step = 0; step < from.length; step++) {
    const first = from[step]!;
    const end = to[step]!;
    if (end - first < 2) continue;
    const start = values[first]!;
    let increase = values[end - 1]! - start;
    while (nextReset < resetCount && resets[nextReset]! <= first) nextReset++;
    for (let reset = nextReset; reset < resetCount && resets[reset]! < end; reset++) {
      increase += values[resets[reset]! - 1]!;
    }
    const interval = sampled[step]!;
    let left = toStart[step]!;
    if (increase > 0 && start >= 0) {
      const toZero = interval * (start / increase);
      if (toZero < left) left = toZero;
    }
    out[step] = increase * ((interval + left + toEnd[step]!) / interval / seconds);
    kinds[step] = FLOAT;
  }
}

/** Difference of the last and the first value of each window, extrapolated; for delta. */
export function extrapolateGauge(
  values: Float64Array,
  from: Int32Array,
  to: Int32Array,
  extrapolation: Extrapolation,
  out: Float64Array,
  kinds: Uint8Array,
): void {
  const { sampled, toStart, toEnd } = extrapolation;
  for (let step = 0; step < from.length; step++) {
    const first = from[step]!;
    const end = to[step]!;
    if (end - first < 2) continue;
    const interval = sampled[step]!;
    out[step] = (values[end - 1]! - values[first]!) * ((interval + toStart[step]! + toEnd[step]!) / interval);
    kinds[step] = FLOAT;
  }
}
