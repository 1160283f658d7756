// Reads the decimal numbers of the text formats straight from bytes. Digits go into two int32 halves of nine,
// because int32 multiply-add is the only integer arithmetic that stays out of the heap on every Node version.
// Up to 15 significant digits, one multiplication or division by an exact power of ten rounds correctly
// (Clinger's rule). Up to 18 (which covers every shortest float of 17), the product or quotient is formed as an
// unevaluated sum of two floats with about 100 bits; only when that sum is too close to the middle between two
// floats is the number left to the caller, as is every rarer form.

import { setNormalNaNAt } from "../../model/index.ts";

const POWER_MAX = 22; // 10^22 is the largest power of ten that a float holds exactly.
const POWERS: Float64Array = powersOfTen();
const HALF_DIGITS = 9;
const DIGITS_MAX = 2 * HALF_DIGITS;
const SPLITTER = 134217729; // 2^27 + 1, cuts a float into two halves of 26 bits.
// The two-float results are good to 2^-96; a rest within this of the middle counts as undecided.
const UNSURE = 2 ** -40;

const LF = 10;
const TAB = 9;
const BLANK = 32;
const MINUS = 45;
const PLUS = 43;
const DOT = 46;
const ZERO = 48;
const LOWER_E = 101;
const UPPER_N = 78;
const LOWER_A = 97;

/**
 * Reads the value token at `bytes[from]` and writes it to `values[index]` (`bits` is the 32-bit view of
 * `values`). Gives the position after the token, which is `end` or that of a blank, tab or line feed; or -1 with
 * `values` untouched when the token is no plain decimal or `NaN`, or can't be read exactly here: the caller then
 * reads it the long way. Needs `from <= end <= bytes.length`. Errors: none. Source: spec TXT-8, SCR-41.
 */
export function readValue(
  bytes: Uint8Array,
  from: number,
  end: number,
  values: Float64Array,
  bits: Uint32Array,
  index: number,
): number {
  let at = from;
  if (at >= end) return -1;
  const first = bytes[at]!;
  if (first === UPPER_N) return readNaN(bytes, from, end, bits, index);
  const negative = first === MINUS;
  if (negative) at++;

  let high = 0; // The first nine significant digits,
  let low = 0; // and the next nine.
  let significant = 0;
  let fraction = 0; // Digits after the dot.
  let dotAt = -1;
  const digitsFrom = at;
  for (; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit >= 0 && digit <= 9) {
      if (significant < HALF_DIGITS) {
        high = (Math.imul(high, 10) + digit) | 0;
        if (high !== 0) significant++;
      } else {
        if (significant === DIGITS_MAX) return -1;
        low = (Math.imul(low, 10) + digit) | 0;
        significant++;
      }
    } else if (digit === DOT - ZERO && dotAt < 0) {
      dotAt = at;
    } else {
      break;
    }
  }
  if (dotAt >= 0) fraction = at - dotAt - 1;
  if (at - digitsFrom === (dotAt < 0 ? 0 : 1)) return -1;

  let exponent = -fraction;
  if (at < end && (bytes[at]! | 32) === LOWER_E) {
    at++;
    if (at >= end) return -1;
    const sign = bytes[at]!;
    if (sign === MINUS || sign === PLUS) at++;
    const exponentFrom = at;
    let written = 0;
    for (; at < end && at - exponentFrom <= 3; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) break;
      written = (Math.imul(written, 10) + digit) | 0;
    }
    if (at === exponentFrom) return -1;
    exponent = sign === MINUS ? exponent - written : exponent + written;
  }
  if (at < end) {
    const next = bytes[at]!;
    if (next !== LF && next !== BLANK && next !== TAB) return -1;
  }
  if (exponent < -POWER_MAX || exponent > POWER_MAX) return -1;

  const value = scaleDigits(high, low, significant, exponent);
  if (value !== value) return -1;
  values[index] = negative ? -value : value;
  return at;
}

// The number with these digits: `high` the first nine of them, `low` the rest; NaN when undecided.
function scaleDigits(high: number, low: number, significant: number, exponent: number): number {
  if (significant <= HALF_DIGITS) {
    return exponent < 0 ? high / POWERS[-exponent]! : high * POWERS[exponent]!;
  }
  const lead = high * POWERS[significant - HALF_DIGITS]!;
  if (significant > 15) return scaleLong(lead, low, exponent);
  return exponent < 0 ? (lead + low) / POWERS[-exponent]! : (lead + low) * POWERS[exponent]!;
}

/**
 * The float nearest to (`high` + `low`) × 10^`exponent`, or NaN when two floats are too nearly equally close.
 * Needs both parts to be whole, `low` below 10^9, the last nine digits of `high` zeros that `low` fills (then
 * `high`, at most 10^18, is exact), and |exponent| ≤ 22. Errors: none.
 * Source: the error-free sums and products of Dekker and Knuth.
 */
export function scaleLong(high: number, low: number, exponent: number): number {
  const sum = high + low;
  const virtual = sum - high;
  const sumRest = high - (sum - virtual) + (low - virtual);
  if (exponent === 0) return sum;
  const power = POWERS[exponent < 0 ? -exponent : exponent]!;
  const lead = exponent < 0 ? sum / power : sum * power;
  // factor × power = product + productRest, exactly.
  const factor = exponent < 0 ? lead : sum;
  const product = factor * power;
  const factorCut = factor * SPLITTER;
  const factorHigh = factorCut - (factorCut - factor);
  const factorLow = factor - factorHigh;
  const powerCut = power * SPLITTER;
  const powerHigh = powerCut - (powerCut - power);
  const powerLow = power - powerHigh;
  const productRest =
    factorHigh * powerHigh - product + factorHigh * powerLow + factorLow * powerHigh + factorLow * powerLow;
  const rest = exponent < 0 ? (sum - product - productRest + sumRest) / power : productRest + sumRest * power;
  const value = lead + rest;
  const valueRest = rest - (value - lead);
  const sure = value + valueRest * (1 + UNSURE) === value && value + valueRest * (1 - UNSURE) === value;
  return sure ? value : NaN;
}

/**
 * Reads a time of digits only at `bytes[from]` into `times[index]`; milliseconds since 1970. Gives the position
 * after it, or -1 for anything but 1 to 15 digits followed by a blank, tab, line feed or `end`. Spec TXT-9.
 */
export function readTime(
  bytes: Uint8Array,
  from: number,
  end: number,
  times: Float64Array,
  index: number,
): number {
  let at = from;
  let time = 0;
  for (; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) break;
    time = time * 10 + digit;
  }
  if (at === from || at - from > 15) return -1;
  if (at < end) {
    const next = bytes[at]!;
    if (next !== LF && next !== BLANK && next !== TAB) return -1;
  }
  times[index] = time;
  return at;
}

function readNaN(bytes: Uint8Array, from: number, end: number, bits: Uint32Array, index: number): number {
  const after = from + 3;
  if (after > end || bytes[from + 1] !== LOWER_A || bytes[from + 2] !== UPPER_N) return -1;
  if (after < end && bytes[after] !== LF && bytes[after] !== BLANK && bytes[after] !== TAB) return -1;
  setNormalNaNAt(bits, index);
  return after;
}

function powersOfTen(): Float64Array {
  const powers = new Float64Array(POWER_MAX + 1);
  for (let exponent = 0; exponent <= POWER_MAX; exponent++) powers[exponent] = Number(`1e${exponent}`);
  return powers;
}
