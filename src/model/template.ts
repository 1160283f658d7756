import type { RegexGroups } from "./regex.ts";

/** A replacement text with its references to regex groups found; made by `compileTemplate`. */
export interface Template {
  readonly text: string;
  /** Plain texts and group references in turn, in order. */
  readonly parts: readonly (string | GroupReference)[];
}

/** A group by its number, or by its name. */
type GroupReference = { readonly group: number } | { readonly name: string };

const REFERENCE = /^(?:([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/u;
const GROUP_NUMBER = /^(?:0|[1-9][0-9]{0,8})$/;
const NAME_UNITS_MAX = 65_536;

/**
 * Finds `$1`, `${1}`, `$name` and `${name}` in a replacement. `$$` is a dollar sign; a `$` that begins no
 * reference stays as it is; an unbraced name takes all letters, digits and underscores that follow.
 * Source: Go's regexp.Expand; spec REL-6.
 */
export function compileTemplate(text: string): Template {
  const parts: (string | GroupReference)[] = [];
  let plain = "";
  let at = 0;
  for (;;) {
    const dollar = text.indexOf("$", at);
    if (dollar === -1) break;
    plain += text.slice(at, dollar);
    const reference = REFERENCE.exec(text.slice(dollar + 1, dollar + 1 + NAME_UNITS_MAX));
    if (reference === null) {
      plain += "$";
      at = dollar + (text[dollar + 1] === "$" ? 2 : 1);
      continue;
    }
    if (plain !== "") parts.push(plain);
    plain = "";
    const name = reference[1] ?? reference[2]!;
    parts.push(GROUP_NUMBER.test(name) ? { group: Number(name) } : { name });
    at = dollar + 1 + reference[0].length;
  }
  plain += text.slice(at);
  if (plain !== "") parts.push(plain);
  return { text, parts };
}

/** The replacement with each reference replaced by what its group took; unknown and empty groups give "". */
export function expandTemplate(template: Template, groups: RegexGroups): string {
  let expanded = "";
  for (const part of template.parts) {
    if (typeof part === "string") expanded += part;
    else if ("group" in part) expanded += groups.texts[part.group] ?? "";
    else expanded += textOfName(groups, part.name);
  }
  return expanded;
}

// Of groups that share a name the first that took anything counts.
function textOfName(groups: RegexGroups, name: string): string {
  for (let group = 1; group < groups.names.length; group++) {
    const text = groups.texts[group];
    if (groups.names[group] === name && text !== undefined) return text;
  }
  return "";
}
