// A binary heap in slices of shared columns: element `i` of the heap at `base` is `values[base + i]` and
// `series[base + i]`. The root is the element to be thrown out first. Sifting is done exactly as Go's
// container/heap does it, because with equal values it decides which series stay.

/** Whether `a` is thrown out before `b`: for `sign` 1 the smaller, for -1 the greater; NaN always first. */
function isBefore(a: number, b: number, sign: number): boolean {
  return a !== a || a * sign < b * sign;
}

/** Adds an element to a heap of `size`. */
export function pushHeap(
  values: Float64Array,
  series: Int32Array,
  base: number,
  size: number,
  value: number,
  index: number,
  sign: number,
): void {
  let child = size;
  values[base + child] = value;
  series[base + child] = index;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (!isBefore(values[base + child]!, values[base + parent]!, sign)) break;
    swap(values, series, base + child, base + parent);
    child = parent;
  }
}

/** Puts an element in the place of the root of a heap of `size`. */
export function replaceRoot(
  values: Float64Array,
  series: Int32Array,
  base: number,
  size: number,
  value: number,
  index: number,
  sign: number,
): void {
  values[base] = value;
  series[base] = index;
  let parent = 0;
  for (;;) {
    let child = 2 * parent + 1;
    if (child >= size) break;
    const right = child + 1;
    if (right < size && isBefore(values[base + right]!, values[base + child]!, sign)) child = right;
    if (!isBefore(values[base + child]!, values[base + parent]!, sign)) break;
    swap(values, series, base + child, base + parent);
    parent = child;
  }
}

function swap(values: Float64Array, series: Int32Array, a: number, b: number): void {
  const value = values[a]!;
  values[a] = values[b]!;
  values[b] = value;
  const index = series[a]!;
  series[a] = series[b]!;
  series[b] = index;
}
