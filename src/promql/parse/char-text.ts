import { goQuote } from "../../model/index.ts";

/** Whether error texts show the character itself after its code. */
function isPrintable(char: string): boolean {
  return !goQuote(char).startsWith('"\\') || char === '"' || char === "\\";
}

/** One character in single quotes with Go's escapes. */
export function quoteChar(char: string): string {
  if (char === "'") return "'\\''";
  return char === '"' ? "'\"'" : `'${goQuote(char).slice(1, -1)}'`;
}

/** `U+0071 'q'`; the character itself is left out when it is not printable. */
export function unicodeNotation(char: string): string {
  const code = char.codePointAt(0)!;
  const notation = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  return isPrintable(char) ? `${notation} '${char}'` : notation;
}
