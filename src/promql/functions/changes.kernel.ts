// How often something happened between neighbouring rows of a window: counted once over the series, then a step is
// the difference of two counts.

const FLOAT = 1;

/** `counts[row]` = falls of the value in rows `(first, row]`, for rows of `[first, end)`. Source: spec FN-21. */
export function countResets(values: Float64Array, first: number, end: number, counts: Int32Array): void {
  let count = 0;
  let previous = values[first]!;
  for (let row = first; row < end; row++) {
    const value = values[row]!;
    if (value < previous) count++;
    previous = value;
    counts[row] = count;
  }
}

/** As `countResets`, for any change; from NaN to NaN there is none. Source: spec FN-22. */
export function countChanges(values: Float64Array, first: number, end: number, counts: Int32Array): void {
  let count = 0;
  let previous = values[first]!;
  for (let row = first; row < end; row++) {
    const value = values[row]!;
    if (value !== previous && (value === value || previous === previous)) count++;
    previous = value;
    counts[row] = count;
  }
}

/** Differences of `counts` over the windows; steps with an empty one are left alone. */
export function spreadCounts(
  counts: Int32Array,
  from: Int32Array,
  to: Int32Array,
  out: Float64Array,
  kinds: Uint8Array,
): void {
  for (let step = 0; step < from.length; step++) {
    const first = from[step]!;
    const end = to[step]!;
    if (end <= first) continue;
    out[step] = counts[end - 1]! - counts[first]!;
    kinds[step] = FLOAT;
  }
}
