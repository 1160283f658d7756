import type { NameEscaping } from "../config/index.ts";

// Characters that names had before UTF-8 was allowed; a digit not as the first one.
const LEGACY_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LEGACY_CHARACTER = /^[a-zA-Z0-9_:]$/;
const DIGIT = /^[0-9]$/;

/** Whether a metric or label name needs no escaping and no quotes. */
export function isLegacyName(name: string): boolean {
  return LEGACY_NAME.test(name);
}

/**
 * A metric or label name as a client wants it; a name in the old character set stays as it is. Source: spec ESC-1;
 * Prometheus common/model, EscapeMetricFamily.
 */
export function escapeName(name: string, scheme: NameEscaping): string {
  if (scheme === "allow-utf-8" || name === "" || isLegacyName(name)) return name;
  if (scheme === "dots") return escapeDots(name);
  if (scheme === "underscores") return mapCharacters(name, () => "_");
  const escaped = mapCharacters(name.replaceAll("_", "__"), (char) => {
    return `_${char.codePointAt(0)!.toString(16)}_`;
  });
  return `U__${escaped}`;
}

// Underscores and dots have a form of their own, so that the name can be read back.
function escapeDots(name: string): string {
  return Array.from(name, (char, index) => {
    if (char === "_") return "__";
    if (char === ".") return "_dot_";
    return isAllowed(char, index) ? char : "__";
  }).join("");
}

function mapCharacters(name: string, escape: (char: string) => string): string {
  return Array.from(name, (char, index) => (isAllowed(char, index) ? char : escape(char))).join("");
}

function isAllowed(char: string, index: number): boolean {
  return LEGACY_CHARACTER.test(char) && (index > 0 || !DIGIT.test(char));
}
