const DECIMAL = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const HEX = /^([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?[pP]([+-]?[0-9]+)$/;
const INFINITY = /^([+-]?)inf(?:inity)?$/i;
const NAN = /^nan$/i;
// An underscore must stand between two digits, or between the base prefix and a digit.
const MISPLACED_IN_DECIMAL = /(?:^|[^0-9])_|_(?:$|[^0-9])/;
const MISPLACED_IN_HEX = /(?:^|[^0-9a-fA-FxX])_|_(?:$|[^0-9a-fA-F])/;
const EXPONENT_DIGITS_MAX = 6; // More cannot be a finite, non-zero number.

/**
 * The number in `text` as Go's `strconv.ParseFloat` reads it: decimal, hexadecimal with a binary exponent,
 * single underscores between digits, `inf`, `infinity` and `nan` in any case; no blanks. Undefined where Go
 * reports an error, which includes numbers beyond the largest float.
 */
export function parseGoFloat(text: string): number | undefined {
  if (NAN.test(text)) return NaN;
  const infinity = INFINITY.exec(text);
  if (infinity !== null) return infinity[1] === "-" ? -Infinity : Infinity;
  if (text.includes("_")) {
    const misplaced = /^[+-]?0x/i.test(text) ? MISPLACED_IN_HEX : MISPLACED_IN_DECIMAL;
    if (misplaced.test(text)) return undefined;
  }
  const plain = text.replaceAll("_", "");
  const value = DECIMAL.test(plain) ? Number(plain) : parseHexFloat(plain);
  return value === undefined || !Number.isFinite(value) ? undefined : value;
}

function parseHexFloat(text: string): number | undefined {
  const parts = HEX.exec(text);
  if (parts === null) return undefined;
  const [, sign, whole = "", fraction = "", exponentText = ""] = parts;
  if (whole === "" && fraction === "") return undefined;
  const mantissa = BigInt(`0x${whole}${fraction}`);
  const magnitude = mantissa === 0n ? 0 : scaleExactly(mantissa, exponentText, -4 * fraction.length);
  return sign === "-" ? -magnitude : magnitude;
}

// `mantissa` × 2^(exponent + shift), rounded once, half to even.
function scaleExactly(mantissa: bigint, exponentText: string, shift: number): number {
  const digits = exponentText.replace(/^[+-]?0*/, "");
  const negative = exponentText.startsWith("-");
  if (digits.length > EXPONENT_DIGITS_MAX) return negative ? 0 : Infinity;
  const exponent = (negative ? -Number(digits) : Number(digits)) + shift;
  const hexDigits = mantissa.toString(16);
  const bits = 4 * hexDigits.length - Math.clz32(Number.parseInt(hexDigits[0]!, 16)) + 28;
  // Exponent of the last bit that the result can hold.
  const unitExponent = Math.max(-1074, exponent + bits - 53);
  const dropped = unitExponent - exponent;
  const kept = dropped <= 0 ? mantissa << BigInt(-dropped) : roundHalfEven(mantissa, dropped, bits);
  return Number(kept) * 2 ** unitExponent;
}

function roundHalfEven(mantissa: bigint, dropped: number, bits: number): bigint {
  if (dropped > bits + 1) return 0n;
  const count = BigInt(dropped);
  const kept = mantissa >> count;
  const rest = mantissa - (kept << count);
  const half = 1n << (count - 1n);
  const up = rest > half || (rest === half && (kept & 1n) === 1n);
  return up ? kept + 1n : kept;
}
