// Bringing samples into the order of a run: by column, then time, at equal times as they came.

/**
 * Sorts the samples `[0, count)` by column, then time; samples that are equal in both keep their order. The result
 * is a permutation, in `spare` when the return value is true, else in `order`. Both, and `ends`, hold at least `count`
 * elements; contents before do not matter. A natural merge sort: what is in order already costs one pass, so it also
 * merges two sorted lists that stand one after the other. Errors: none.
 */
export function sortSamples(
  columns: Uint32Array,
  times: Float64Array,
  count: number,
  order: Uint32Array,
  spare: Uint32Array,
  ends: Uint32Array,
): boolean {
  let runs = findRuns(columns, times, count, order, ends);
  let from = order;
  let to = spare;
  while (runs > 1) {
    let start = 0;
    let merged = 0;
    for (let run = 0; run < runs; run += 2) {
      const middle = ends[run]!;
      const end = run + 1 < runs ? ends[run + 1]! : middle;
      mergeStretch(columns, times, from, start, middle, end, to);
      ends[merged++] = end;
      start = end;
    }
    runs = merged;
    const swapped = from;
    from = to;
    to = swapped;
  }
  return from === spare;
}

// Numbers the samples in `order`; the ends of ascending stretches go to `ends`. Returns how many there are.
function findRuns(
  columns: Uint32Array,
  times: Float64Array,
  count: number,
  order: Uint32Array,
  ends: Uint32Array,
): number {
  let runs = 0;
  for (let i = 0; i < count; i++) {
    order[i] = i;
    if (i === 0) continue;
    const column = columns[i]!;
    const before = columns[i - 1]!;
    if (column < before || (column === before && times[i]! < times[i - 1]!)) ends[runs++] = i;
  }
  ends[runs++] = count;
  return runs;
}

// Merges `[start, middle)` and `[middle, end)` of `from` into the same places of `to`.
function mergeStretch(
  columns: Uint32Array,
  times: Float64Array,
  from: Uint32Array,
  start: number,
  middle: number,
  end: number,
  to: Uint32Array,
): void {
  let a = start;
  let b = middle;
  for (let out = start; out < end; out++) {
    let takesA = b === end;
    if (!takesA && a < middle) {
      const i = from[a]!;
      const k = from[b]!;
      takesA = columns[i]! < columns[k]! || (columns[i] === columns[k] && times[i]! <= times[k]!);
    }
    to[out] = takesA ? from[a++]! : from[b++]!;
  }
}

/**
 * First sample in `[0, count)` of column `column` or a later one whose time is not before `time`, or of a later column;
 * `count` when there is none. Samples are in the order of `sortSamples`. Errors: none.
 */
export function findSample(
  columns: Uint32Array,
  times: Float64Array,
  count: number,
  column: number,
  time: number,
): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = columns[middle]!;
    if (there < column || (there === column && times[middle]! < time)) low = middle + 1;
    else high = middle;
  }
  return low;
}
