/**
 * Shortest decimal that reads back as the same float: plain notation for 0 and 1e-6 ≤ |v| < 1e21, else an
 * exponent of at least two digits (`1e+21`, `1.5e-07`); `NaN`, `+Inf`, `-Inf`, `-0`. Source: spec API-27.
 */
export function formatFloat(value: number): string {
  if (!Number.isFinite(value) || value === 0) return formatSpecial(value);
  const text = String(value);
  const exponentAt = text.indexOf("e");
  return exponentAt === -1 ? text : padExponent(text, exponentAt);
}

/** The same digits as `formatFloat`, never with an exponent. Source: spec API-28, AGG-12. */
export function formatFloatPlain(value: number): string {
  if (!Number.isFinite(value) || value === 0) return formatSpecial(value);
  const text = String(value);
  const exponentAt = text.indexOf("e");
  if (exponentAt === -1) return text;
  const exponent = Number(text.slice(exponentAt + 1));
  const { sign, whole, fraction } = splitMantissa(text.slice(0, exponentAt));
  const digits = whole + fraction;
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  return sign + digits + "0".repeat(exponent - fraction.length);
}

/**
 * As Go's `%g` without a precision: shortest digits, with an exponent when it is below -4 or above 5
 * (`1e+06`, `123456`, `1e-05`).
 */
export function formatFloatG(value: number): string {
  if (!Number.isFinite(value) || value === 0) return formatSpecial(value);
  const text = value.toExponential();
  const exponentAt = text.indexOf("e");
  const exponent = Number(text.slice(exponentAt + 1));
  return exponent < -4 || exponent > 5 ? padExponent(text, exponentAt) : formatFloatPlain(value);
}

/** The form of `le` and `quantile` values: as `%g`, with `.0` after a whole number. Source: spec SCR-40. */
export function formatOpenMetricsFloat(value: number): string {
  if (value === 0) return "0.0"; // Also for -0.
  const text = formatFloatG(value);
  return !Number.isFinite(value) || text.includes(".") || text.includes("e") ? text : `${text}.0`;
}

function formatSpecial(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  return value > 0 ? "+Inf" : "-Inf";
}

// "1.5e-7" → "1.5e-07".
function padExponent(text: string, exponentAt: number): string {
  return text.length - exponentAt > 3
    ? text
    : `${text.slice(0, exponentAt + 2)}0${text.slice(exponentAt + 2)}`;
}

function splitMantissa(mantissa: string): { sign: string; whole: string; fraction: string } {
  const sign = mantissa.startsWith("-") ? "-" : "";
  const [whole = "", fraction = ""] = mantissa.slice(sign.length).split(".");
  return { sign, whole, fraction };
}
