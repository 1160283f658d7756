import { formatFloat } from "../../model/index.ts";

// Numbers of query answers as ASCII bytes. Every function writes from `out[at]` on and returns the index after
// its last byte; the caller makes sure that NUMBER_BYTES_MAX (POINT_BYTES_MAX for a point) bytes are free there.
//
// Shortest decimals: for 1e-6 ≤ |v| < 1e16 a power of ten up to 10^22 (exact in a double) brings v to 17 digits
// before the point. Dekker's product gives v·10^k without any error as high + low, so which multiples of
// 10, 100, … lie within half a unit in the last place of v is decided exactly. What would need more care
// (powers of two, ties, very few or very many digits) goes to `formatFloat`.

/** More bytes than any number takes: `-2.2250738585072014e-308`. */
export const NUMBER_BYTES_MAX = 26;
/** More bytes than `[<time>,"<value>"],` takes. */
export const POINT_BYTES_MAX = 56;

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COMMA = 0x2c;
const QUOTE = 0x22;
const OPEN = 0x5b;
const CLOSE = 0x5d;

// "00" … "99", two bytes each.
const PAIRS = new Uint8Array(200);
for (let i = 0; i < 100; i++) {
  PAIRS[2 * i] = ZERO + Math.floor(i / 10);
  PAIRS[2 * i + 1] = ZERO + (i % 10);
}

const SPLITTER = 134217729; // 2^27 + 1: halves a double into two 26-bit parts.
const POWER_MAX = 22; // Largest power of ten that a double holds exactly.
const POWERS = new Float64Array(POWER_MAX + 1);
const POWERS_HIGH = new Float64Array(POWER_MAX + 1);
const POWERS_LOW = new Float64Array(POWER_MAX + 1);
for (let i = 0; i <= POWER_MAX; i++) {
  const power = Number(`1e${i}`);
  const scaled = power * SPLITTER;
  POWERS[i] = power;
  POWERS_HIGH[i] = scaled - (scaled - power);
  POWERS_LOW[i] = power - POWERS_HIGH[i]!;
}
// Index: binary exponent + 20. 1e-6 has -20, 1e16 has 53.
const HALF_ULPS = new Float64Array(80);
for (let i = 0; i < HALF_ULPS.length; i++) HALF_ULPS[i] = 2 ** (i - 20 - 53);

const scratch = new Float64Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** Digits of an integer in [0, 2^31). */
function writeSmall(out: Uint8Array, at: number, value: number): number {
  let rest = value | 0;
  const count =
    rest < 10000
      ? rest < 100
        ? rest < 10
          ? 1
          : 2
        : rest < 1000
          ? 3
          : 4
      : rest < 100000000
        ? rest < 1000000
          ? rest < 100000
            ? 5
            : 6
          : rest < 10000000
            ? 7
            : 8
        : rest < 1000000000
          ? 9
          : 10;
  let end = at + count;
  while (rest >= 100) {
    const next = (rest / 100) | 0;
    const pair = (rest - next * 100) << 1;
    out[--end] = PAIRS[pair + 1]!;
    out[--end] = PAIRS[pair]!;
    rest = next;
  }
  if (rest >= 10) {
    out[--end] = PAIRS[2 * rest + 1]!;
    out[--end] = PAIRS[2 * rest]!;
  } else {
    out[--end] = ZERO + rest;
  }
  return at + count;
}

/** Exactly eight digits of an integer in [0, 1e8). */
function writeEight(out: Uint8Array, at: number, value: number): void {
  const high = (value / 10000) | 0;
  const low = (value | 0) - high * 10000;
  const a = (high / 100) | 0;
  const b = high - a * 100;
  const c = (low / 100) | 0;
  const d = low - c * 100;
  out[at] = PAIRS[2 * a]!;
  out[at + 1] = PAIRS[2 * a + 1]!;
  out[at + 2] = PAIRS[2 * b]!;
  out[at + 3] = PAIRS[2 * b + 1]!;
  out[at + 4] = PAIRS[2 * c]!;
  out[at + 5] = PAIRS[2 * c + 1]!;
  out[at + 6] = PAIRS[2 * d]!;
  out[at + 7] = PAIRS[2 * d + 1]!;
}

/** Digits of an integer in [0, 2^53]. Source: spec API-27, API-29. Errors: none. */
export function writeWhole(out: Uint8Array, at: number, value: number): number {
  if (value < 2147483648) return writeSmall(out, at, value);
  const high = Math.floor(value / 1e8);
  const next = writeSmall(out, at, high);
  writeEight(out, next, value - high * 1e8);
  return next + 8;
}

/** A fraction `scaled / 10^places` with trailing zeros dropped; scaled in [1, 2^31), places 1 to 6. */
function writeScaled(out: Uint8Array, at: number, scaled: number, places: number): number {
  let rest = scaled | 0;
  let left = places;
  for (;;) {
    const next = (rest / 10) | 0;
    if (next * 10 !== rest) break;
    rest = next;
    left--;
  }
  const power = POWERS[left]! | 0;
  const whole = (rest / power) | 0;
  let fraction = rest - whole * power;
  const next = writeSmall(out, at, whole);
  out[next] = POINT;
  for (let i = next + left; i > next; i--) {
    const tens = (fraction / 10) | 0;
    out[i] = ZERO + fraction - tens * 10;
    fraction = tens;
  }
  return next + left + 1;
}

/** Text from `formatFloat`, for what the fast ways leave over. */
function writeSlow(out: Uint8Array, at: number, value: number): number {
  const text = formatFloat(value);
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** Seventeen digits `high` (nine) and `low` (eight), `zeros` of them at the end dropped, `places` after the point. */
function writeLong(
  out: Uint8Array,
  at: number,
  high: number,
  low: number,
  places: number,
  zeros: number,
): number {
  const whole = 17 - places;
  let start = at;
  if (whole > 0) {
    start = at + 1;
  } else {
    out[start++] = ZERO;
    out[start++] = POINT;
    for (let i = whole; i < 0; i++) out[start++] = ZERO;
  }
  const lead = (high / 100000000) | 0;
  out[start] = ZERO + lead;
  writeEight(out, start + 1, (high | 0) - lead * 100000000);
  writeEight(out, start + 9, low);
  if (whole > 0) {
    for (let i = 0; i < whole; i++) out[at + i] = out[at + i + 1]!;
    out[at + whole] = POINT;
  }
  return start + 17 - zeros;
}

/**
 * The shortest decimal of a finite, positive value in [1e-6, 1e16) that is no integer, or -1 (nothing
 * is promised about the bytes then) where it takes more care.
 */
function writeShortest(out: Uint8Array, at: number, value: number): number {
  scratch[0] = value;
  const word = scratchBits[1]!;
  if ((word & 0xfffff) === 0 && scratchBits[0] === 0) return -1;
  const exponent = (word >>> 20) - 1023;
  // floor(log10(value)): 1233 / 4096 is just above log10(2), and the comparison mends what is one too high.
  let magnitude = ((exponent + 1) * 1233) >> 12;
  let places = 16 - magnitude;
  if (places > POWER_MAX) return -1;
  if (value * POWERS[places]! < 1e16) {
    magnitude--;
    places++;
    if (places > POWER_MAX) return -1;
  }
  const power = POWERS[places]!;
  const product = value * power;
  const scaled = value * SPLITTER;
  const valueHigh = scaled - (scaled - value);
  const valueLow = value - valueHigh;
  const powerHigh = POWERS_HIGH[places]!;
  const powerLow = POWERS_LOW[places]!;
  const error =
    valueLow * powerLow - (product - valueHigh * powerHigh - valueLow * powerHigh - valueHigh * powerLow);
  const half = HALF_ULPS[exponent + 20]! * power;
  let high = Math.floor(product / 1e8);
  let low = product - high * 1e8;
  if (low < 0) {
    high--;
    low += 1e8;
  }
  low = low | 0;
  // Most values have 16 or 17 digits, so 10 is tried apart: a remainder by a constant needs no division.
  let best = Math.round(error);
  if (Math.abs(error - best) === 0.5) return -1;
  best += low;
  let zeros = 0;
  const tens = low - ((low / 10) | 0) * 10;
  const offset = tens + error;
  const steps = Math.round(offset / 10);
  const distance = Math.abs(offset - steps * 10);
  if (distance < half) {
    if (distance === 5) return -1;
    best = low - tens + steps * 10;
    zeros = 1;
    for (let unit = 100; ; unit *= 10) {
      const rest = low % unit;
      const gap = rest + error;
      const count = Math.round(gap / unit);
      const far = Math.abs(gap - count * unit);
      if (far > half) break;
      if (far === half || far * 2 === unit || zeros === 7) return -1;
      best = low - rest + count * unit;
      zeros++;
    }
  } else if (distance === half) {
    return -1;
  }
  if (best < 0) {
    best += 1e8;
    high--;
  } else if (best >= 1e8) {
    best -= 1e8;
    high++;
  }
  if (high < 1e8 || high >= 1e9) return -1;
  return writeLong(out, at, high, best, places, zeros);
}

/** A sample value as spec API-27 has it, without quotes. Twin: `formatFloat` of model. Errors: none. */
export function writeFloat(out: Uint8Array, at: number, value: number): number {
  let start = at;
  let size = value;
  if (value < 0) {
    out[start++] = MINUS;
    size = -value;
  }
  if (size < 2147483648) {
    const whole = size | 0;
    if (whole === size)
      return size === 0 && 1 / value < 0 ? writeSlow(out, at, value) : writeSmall(out, start, whole);
    const thousandths = size * 1000 + 0.5;
    if (thousandths < 2147483648) {
      const scaled = thousandths | 0;
      if (scaled > 0 && scaled / 1000 === size) return writeScaled(out, start, scaled, 3);
      const millionths = size * 1e6 + 0.5;
      if (millionths < 2147483648) {
        const finer = millionths | 0;
        if (finer > 0 && finer / 1e6 === size) return writeScaled(out, start, finer, 6);
      }
    }
  } else if (Math.floor(size) === size) {
    return size <= 9007199254740991 ? writeWhole(out, start, size) : writeSlow(out, at, value);
  }
  if (size >= 1e-6 && size < 1e16) {
    const end = writeShortest(out, start, size);
    if (end !== -1) return end;
  }
  return writeSlow(out, at, value);
}

/** A sample time given in ms as seconds: three decimals unless they are all zero. Source: spec API-29. */
export function writeSeconds(out: Uint8Array, at: number, timeMs: number): number {
  let start = at;
  let size = timeMs;
  if (timeMs < 0) {
    out[start++] = MINUS;
    size = -timeMs;
  }
  const seconds = Math.floor(size / 1000);
  const rest = (size - seconds * 1000) | 0;
  const next = writeWhole(out, start, seconds);
  if (rest === 0) return next;
  const hundreds = (rest / 100) | 0;
  const pair = (rest - hundreds * 100) << 1;
  out[next] = POINT;
  out[next + 1] = ZERO + hundreds;
  out[next + 2] = PAIRS[pair]!;
  out[next + 3] = PAIRS[pair + 1]!;
  return next + 4;
}

/**
 * Rows `[from, to)` as `[<seconds>,"<value>"],` each, with a comma after the last one too. Needs
 * `(to - from) * POINT_BYTES_MAX` free bytes and `to` within both columns; times in ms.
 */
export function writePoints(
  out: Uint8Array,
  at: number,
  times: Float64Array,
  values: Float64Array,
  from: number,
  to: number,
): number {
  let end = at;
  for (let row = from; row < to; row++) {
    out[end++] = OPEN;
    end = writeSeconds(out, end, times[row]!);
    out[end++] = COMMA;
    out[end++] = QUOTE;
    end = writeFloat(out, end, values[row]!);
    out[end++] = QUOTE;
    out[end++] = CLOSE;
    out[end++] = COMMA;
  }
  return end;
}
