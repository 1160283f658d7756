// Finds, for every step, the rows of a column of times that the step sees. Times and ends ascend, so one pass
// over both is enough. Done once for all series that share their times.

/**
 * `rows[s]` = the last row with `ends[s] - lookbackMs < time <= ends[s]`, or -1. Needs `rows.length >= ends.length`.
 * Source: spec SEM-2.
 */
export function fillInstantRows(
  times: Float64Array,
  count: number,
  ends: Float64Array,
  lookbackMs: number,
  rows: Int32Array,
): void {
  let row = -1;
  for (let step = 0; step < ends.length; step++) {
    const end = ends[step]!;
    while (row + 1 < count && times[row + 1]! <= end) row++;
    rows[step] = row >= 0 && times[row]! > end - lookbackMs ? row : -1;
  }
}

/**
 * `[from[s], to[s])` = the rows with `ends[s] - leftMs < time <= ends[s] + rightMs`. Source: spec SEM-5, SEM-19.
 */
export function fillRangeRows(
  times: Float64Array,
  count: number,
  ends: Float64Array,
  leftMs: number,
  rightMs: number,
  from: Int32Array,
  to: Int32Array,
): void {
  let first = 0;
  let next = 0;
  for (let step = 0; step < ends.length; step++) {
    const end = ends[step]! + rightMs;
    const start = ends[step]! - leftMs;
    while (next < count && times[next]! <= end) next++;
    while (first < next && times[first]! <= start) first++;
    from[step] = first;
    to[step] = next;
  }
}

/** Gathers `values[rows[s]]` into `out`, with kind 1 where there is a row and 0 elsewhere. */
export function gatherRows(
  values: Float64Array,
  rows: Int32Array,
  out: Float64Array,
  kinds: Uint8Array,
): void {
  for (let step = 0; step < rows.length; step++) {
    const row = rows[step]!;
    if (row < 0) {
      kinds[step] = 0;
    } else {
      out[step] = values[row]!;
      kinds[step] = 1;
    }
  }
}
