/*
 * Columns whose values are decimals: found out by scaling to integers and back, bit by bit. Integers stay within
 * ±2^51, so that differences, sums and the rounding trick below are exact.
 *
 * | scale code | value of the integer m | where it comes from                                             |
 * | ---------- | ---------------------- | --------------------------------------------------------------- |
 * | 0-14       | m / 10^code            | decimal text, most exporters                                    |
 * | 15-23      | m * 10^(14 - code)     | milli-, micro-, nanoseconds multiplied to seconds               |
 * | 24         | m / 1000 / 1000        | microseconds divided twice, as the pressure metrics of Linux    |
 */

/** Number of scale codes. */
export const SCALE_COUNT = 25;

const FIRST_FACTOR = 15;
const TWICE = 24;
const INTEGER_MAX = 2 ** 51;
// Adding and taking away 1.5 · 2^52 rounds |x| ≤ 2^51 to the nearest integer: 0.5 ns against 2 for Math.round.
const ROUND = 6755399441055744;

const UP = new Float64Array(SCALE_COUNT);
const DOWN = new Float64Array(SCALE_COUNT); // Divisor, factor or first divisor.
for (let code = 0; code < SCALE_COUNT; code++) {
  const exponent = code < FIRST_FACTOR ? code : code < TWICE ? code - 14 : 6;
  UP[code] = 10 ** exponent;
  DOWN[code] = code < FIRST_FACTOR ? 10 ** exponent : code < TWICE ? Number(`1e-${exponent}`) : 1000;
}

/**
 * Scales `values[0, count)` (no NaN, infinity or -0) into `integers`. Returns how many of them the code reproduces
 * bit for bit before the first that it doesn't; `count` when all.
 */
export function scaleUp(values: Float64Array, count: number, code: number, integers: Float64Array): number {
  const up = UP[code]!;
  const down = DOWN[code]!;
  if (code === 0) {
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      if (!(value <= INTEGER_MAX && value >= -INTEGER_MAX) || value + ROUND - ROUND !== value) return i;
      integers[i] = value;
    }
    return count;
  }
  for (let i = 0; i < count; i++) {
    const value = values[i]!;
    const scaled = value * up;
    if (!(scaled <= INTEGER_MAX && scaled >= -INTEGER_MAX)) return i;
    const integer = scaled + ROUND - ROUND;
    const back = code < FIRST_FACTOR ? integer / down : code < TWICE ? integer * down : integer / down / down;
    if (back !== value) return i;
    integers[i] = integer;
  }
  return count;
}

/** The inverse of `scaleUp`, in place over `[from, to)`. */
export function scaleDown(values: Float64Array, from: number, to: number, code: number): void {
  const down = DOWN[code]!;
  if (code === 0) return;
  if (code < FIRST_FACTOR) {
    for (let i = from; i < to; i++) values[i] = values[i]! / down;
  } else if (code < TWICE) {
    for (let i = from; i < to; i++) values[i] = values[i]! * down;
  } else {
    for (let i = from; i < to; i++) values[i] = values[i]! / down / down;
  }
}

/** Writes minimum and maximum of `integers[0, count)`, then of their differences, into `ranges[0…3]`; `count` ≥ 2. */
export function measureRanges(integers: Float64Array, count: number, ranges: Float64Array): void {
  let previous = integers[0]!;
  let low = previous;
  let high = previous;
  let lowStep = integers[1]! - previous;
  let highStep = lowStep;
  for (let i = 1; i < count; i++) {
    const integer = integers[i]!;
    const step = integer - previous;
    if (integer < low) low = integer;
    if (integer > high) high = integer;
    if (step < lowStep) lowStep = step;
    if (step > highStep) highStep = step;
    previous = integer;
  }
  ranges[0] = low;
  ranges[1] = high;
  ranges[2] = lowStep;
  ranges[3] = highStep;
}

/** Number of bits of an integer 0…2^54. */
export function bitLength(integer: number): number {
  return integer < 4294967296 ? 32 - Math.clz32(integer) : 64 - Math.clz32(Math.floor(integer / 4294967296));
}

/** Adds to `lengths[bits]` how many of `integers[0, count)` have that many bits; `lengths` has at least 55 elements. */
export function countLengths(integers: Float64Array, count: number, lengths: Int32Array): void {
  for (let i = 0; i < count; i++) lengths[bitLength(integers[i]!)]!++;
}

/** The same for the integers' distances from `centre`, signs folded into their lowest bits. */
export function countFoldedLengths(
  integers: Float64Array,
  count: number,
  centre: number,
  lengths: Int32Array,
): void {
  for (let i = 0; i < count; i++) {
    const distance = integers[i]! - centre;
    lengths[bitLength(distance < 0 ? -2 * distance - 1 : 2 * distance)]!++;
  }
}

/** Writes the `count - 1` differences of `integers[0, count)` to `steps`. */
export function takeSteps(integers: Float64Array, count: number, steps: Float64Array): void {
  let previous = integers[0]!;
  for (let i = 1; i < count; i++) {
    const integer = integers[i]!;
    steps[i - 1] = integer - previous;
    previous = integer;
  }
}

/** Writes `from[i] - base` for the first `count` to `to`. Returns the bitwise or of the low 32 bits of all. */
export function shiftToBase(from: Float64Array, count: number, base: number, to: Float64Array): number {
  let union = 0;
  for (let i = 0; i < count; i++) {
    const residual = from[i]! - base;
    to[i] = residual;
    union |= residual;
  }
  return union;
}

/** Divides `integers[0, count)` by `unit`, a power of two that divides them all. */
export function divideBy(integers: Float64Array, count: number, unit: number): void {
  const inverse = 1 / unit;
  for (let i = 0; i < count; i++) integers[i] = integers[i]! * inverse;
}

/** Replaces `integers[0, count)` by their distances from `centre`, signs folded into the lowest bits. */
export function foldAround(integers: Float64Array, count: number, centre: number): void {
  for (let i = 0; i < count; i++) {
    const distance = integers[i]! - centre;
    integers[i] = distance < 0 ? -2 * distance - 1 : 2 * distance;
  }
}

/** Unfolds the signs of `values[from, to)` in place and turns each into `value * unit + base`. */
export function unfoldAround(
  values: Float64Array,
  from: number,
  to: number,
  base: number,
  unit: number,
): void {
  for (let i = from; i < to; i++) {
    const folded = values[i]!;
    const half = Math.floor(folded * 0.5);
    const sign = folded - 2 * half; // No branch: it would go either way every other time.
    values[i] = (half - sign * folded) * unit + base;
  }
}

/** `values[i] * unit + base` in place over `[from, to)`. */
export function addBase(values: Float64Array, from: number, to: number, base: number, unit: number): void {
  for (let i = from; i < to; i++) values[i] = values[i]! * unit + base;
}

/**
 * Running sum in place: element `from` becomes `first`, each later one the sum so far plus its own
 * `values[i] * unit + base`.
 */
export function sumSteps(
  values: Float64Array,
  from: number,
  to: number,
  first: number,
  base: number,
  unit: number,
): void {
  let sum = first;
  values[from] = first;
  for (let i = from + 1; i < to; i++) {
    sum += values[i]! * unit + base;
    values[i] = sum;
  }
}

/** Like `sumSteps` with steps whose sign is folded into the lowest bit. */
export function sumFoldedSteps(
  values: Float64Array,
  from: number,
  to: number,
  first: number,
  base: number,
  unit: number,
): void {
  let sum = first;
  values[from] = first;
  for (let i = from + 1; i < to; i++) {
    const folded = values[i]!;
    const half = Math.floor(folded * 0.5);
    const sign = folded - 2 * half;
    sum += (half - sign * folded) * unit + base;
    values[i] = sum;
  }
}
