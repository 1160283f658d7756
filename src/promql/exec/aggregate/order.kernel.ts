// Order statistics without sorting: values are moved only as far as the wanted one needs. Of 240 values a quantile costs
// 0.3 us, where sorting them costs 3 us (bench/promql/exec/aggregate/order.bench.ts, Node 24).

/** Below this many values, moving each to its place is faster than splitting on. */
const FEW = 12;

/** Moves the NaNs of `values[0, count)` to the front; their number. */
export function moveNaNFirst(values: Float64Array, count: number): number {
  let nans = 0;
  for (let at = 0; at < count; at++) {
    const value = values[at]!;
    if (value === value) continue;
    values[at] = values[nans]!;
    values[nans] = value;
    nans++;
  }
  return nans;
}

/**
 * Rearranges `values[from, to)`, which hold no NaN, so that none before `nth` is greater and none after it is less
 * than the value at `nth`, which is the one that sorting would bring there. Needs `from <= nth < to`.
 */
export function bringToPlace(values: Float64Array, from: number, to: number, nth: number): void {
  let low = from;
  let high = to - 1;
  while (high - low >= FEW) {
    // The median of three ends up in the middle; sorted input, which is common, then splits in halves.
    const middle = (low + high) >>> 1;
    const a = values[low]!;
    const b = values[middle]!;
    const c = values[high]!;
    const pivot = a < b ? (b < c ? b : a < c ? c : a) : a < c ? a : b < c ? c : b;
    let left = low;
    let right = high;
    while (left <= right) {
      while (values[left]! < pivot) left++;
      while (values[right]! > pivot) right--;
      if (left > right) break;
      const value = values[left]!;
      values[left++] = values[right]!;
      values[right--] = value;
    }
    if (nth <= right) high = right;
    else if (nth >= left) low = left;
    else return;
  }
  for (let at = low + 1; at <= high; at++) {
    const value = values[at]!;
    let place = at;
    while (place > low && values[place - 1]! > value) {
      values[place] = values[place - 1]!;
      place--;
    }
    values[place] = value;
  }
}

/** The least of `values[from, to)`, which hold no NaN; Infinity of none. */
export function leastOf(values: Float64Array, from: number, to: number): number {
  let least = Infinity;
  for (let at = from; at < to; at++) if (values[at]! < least) least = values[at]!;
  return least;
}
