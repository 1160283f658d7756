import { NarthexError } from "../base/index.ts";

/** A text that is not a size in bytes. */
export class SizeError extends NarthexError {
  override readonly name = "SizeError";
  readonly errorType = "bad_data";
}

const PREFIXES = ["", "K", "M", "G", "T", "P", "E"];
const SIZE_MAX = 2 ** 63;
const BINARY_UNITS: ReadonlyMap<string, number> = unitsWithSuffix("iB");
const PLAIN_UNITS: ReadonlyMap<string, number> = unitsWithSuffix("B");

/**
 * Bytes in a text such as `512MB`, `1.5GiB` or `1GiB512MiB`; both families of units are powers of 1024 and
 * may not be mixed. May be negative. Source: spec CFG-19.
 * @throws SizeError naming the text and what is wrong with it.
 */
export function parseSize(text: string): number {
  const inBinaryUnits = sumOfParts(text, BINARY_UNITS);
  if (typeof inBinaryUnits === "number") return inBinaryUnits;
  const inPlainUnits = sumOfParts(text, PLAIN_UNITS);
  if (typeof inPlainUnits === "number") return inPlainUnits;
  throw new SizeError(`units: ${inPlainUnits}`);
}

/** Exact text of a whole, non-negative number of bytes: `1GiB512MiB`, `0B`. Source: spec CFG-19. */
export function formatSize(bytes: number): string {
  if (bytes === 0) return "0B";
  let text = "";
  let rest = bytes;
  for (const prefix of PREFIXES) {
    const unit = prefix === "" ? "B" : `${prefix}iB`;
    const count = prefix === "E" ? rest : rest % 1024;
    if (count !== 0) text = `${count}${unit}${text}`;
    rest = Math.floor((rest - count) / 1024);
  }
  return text;
}

// The size, or what is wrong.
function sumOfParts(text: string, units: ReadonlyMap<string, number>): number | string {
  const unsigned = /^[+-]/.test(text) ? text.slice(1) : text;
  if (unsigned === "0") return 0;
  if (unsigned === "") return `invalid ${text}`;
  let total = 0;
  let rest = unsigned;
  while (rest !== "") {
    const part = /^([0-9]*)(?:\.([0-9]*))?([^0-9.]*)/.exec(rest)!;
    const [matched, whole = "", fraction = "", unitName = ""] = part;
    if (whole === "" && fraction === "") return `invalid ${text}`;
    const unit = units.get(unitName);
    if (unit === undefined) return `unknown unit ${unitName} in ${text}`;
    total += Number(`${whole}.${fraction}0`) * unit;
    rest = rest.slice(matched.length);
  }
  if (total > SIZE_MAX) return "overflow parsing unit";
  return text.startsWith("-") ? -Math.trunc(total) : Math.trunc(total);
}

function unitsWithSuffix(suffix: string): Map<string, number> {
  return new Map(PREFIXES.map((prefix, power) => [prefix === "" ? "B" : prefix + suffix, 1024 ** power]));
}
