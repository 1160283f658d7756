const CONTROL_ESCAPES = new Map([
  ["\x07", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
  ["\\", "\\\\"],
]);
// Letters, marks, numbers, punctuation, symbols and the ASCII blank show as they are.
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const PLAIN = /^[ !#-[\]-~]*$/;

/** Whether error texts and printed queries show a character itself instead of an escape. */
export function isPrintable(char: string): boolean {
  return PRINTABLE.test(char);
}

/** `text` in double quotes with Go's escapes, as queries and error texts are printed. Lone surrogates become U+FFFD. */
export function quoteText(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  let out = "";
  for (const char of text.toWellFormed()) out += escapeChar(char, '"');
  return `"${out}"`;
}

/** One character in single quotes with Go's escapes. */
export function quoteChar(char: string): string {
  return `'${escapeChar(char.toWellFormed(), "'")}'`;
}

/** `U+0071 'q'`; the character itself is left out when it is not printable. */
export function unicodeNotation(char: string): string {
  const code = char.toWellFormed().codePointAt(0)!;
  const notation = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  return isPrintable(char) ? `${notation} '${char}'` : notation;
}

function escapeChar(char: string, quote: string): string {
  if (char === quote) return `\\${quote}`;
  const escape = CONTROL_ESCAPES.get(char);
  if (escape !== undefined) return escape;
  if (isPrintable(char)) return char;
  const code = char.codePointAt(0)!;
  const hex = code.toString(16);
  if (code < 0x20 || code === 0x7f) return `\\x${hex.padStart(2, "0")}`;
  return code > 0xffff ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
}
