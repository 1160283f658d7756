const ESCAPE_PREFIX = "U__";
const HEX_DIGITS_MAX = 5;
const REPLACED = /__|_([0-9a-fA-F]*)_|_/g;

/**
 * The label name that a path segment stands for: `U__a_2e_b` is `a.b`, with `__` for an underscore and `_<hex>_`
 * for a code point; a text that is not well escaped stands for itself. Source: spec API-41; Prometheus
 * common/model, UnescapeName.
 */
export function unescapeLabelName(name: string): string {
  if (!name.startsWith(ESCAPE_PREFIX)) return name;
  let isSound = true;
  const unescaped = name.slice(ESCAPE_PREFIX.length).replace(REPLACED, (match: string, hex?: string) => {
    if (match === "__") return "_";
    const code = hex === undefined || hex.length > HEX_DIGITS_MAX ? NaN : Number.parseInt(hex, 16);
    if (!(code >= 0 && code <= 0x10ffff) || (code >= 0xd800 && code <= 0xdfff)) {
      isSound = false;
      return match;
    }
    return String.fromCodePoint(code);
  });
  return isSound ? unescaped : name;
}
