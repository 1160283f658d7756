// What Go's regexp accepts and the engine spells differently: Unicode classes by their long or loosely written
// names, and the same group name twice. The pattern is rewritten before the engine sees it; group names are
// kept here. Everything else, errors included, is left to the engine.

import { RE2JS } from "re2js";

/** A pattern in the engine's spelling. */
export interface EngineSyntax {
  readonly source: string;
  /** Name of group `i`, "" or nothing when it has none; element 0 stands for the whole match. */
  readonly groupNames: readonly string[];
  /** A Unicode class that Go does not know, as written; then `source` means nothing. */
  readonly unknownClass: string | undefined;
}

const NEEDS_REWRITING = /\\[pP]|\(\?P?</;
const CAPTURE_NAME = /\(\?P?<([A-Za-z0-9_]+)>/y;
const UNICODE_CLASS = /\\[pP](?:\{(\^?)([^}]{0,64})\}|(\^?)([^{]))/y;
const POSIX_CLASS = /\[:[^\]]{0,20}:\]/y;

/** Names of general categories by their long forms, in lower case without separators. Source: Unicode TR 44. */
const CATEGORY_NAMES: Readonly<Record<string, string>> = {
  any: "Any",
  ascii: "Ascii",
  assigned: "Assigned",
  other: "C",
  control: "Cc",
  cntrl: "Cc",
  format: "Cf",
  unassigned: "Cn",
  privateuse: "Co",
  surrogate: "Cs",
  letter: "L",
  casedletter: "LC",
  lc: "LC",
  lowercaseletter: "Ll",
  modifierletter: "Lm",
  otherletter: "Lo",
  titlecaseletter: "Lt",
  uppercaseletter: "Lu",
  mark: "M",
  combiningmark: "M",
  spacingmark: "Mc",
  enclosingmark: "Me",
  nonspacingmark: "Mn",
  number: "N",
  decimalnumber: "Nd",
  digit: "Nd",
  letternumber: "Nl",
  othernumber: "No",
  punctuation: "P",
  punct: "P",
  connectorpunctuation: "Pc",
  dashpunctuation: "Pd",
  closepunctuation: "Pe",
  finalpunctuation: "Pf",
  initialpunctuation: "Pi",
  otherpunctuation: "Po",
  openpunctuation: "Ps",
  symbol: "S",
  currencysymbol: "Sc",
  modifiersymbol: "Sk",
  mathsymbol: "Sm",
  othersymbol: "So",
  separator: "Z",
  lineseparator: "Zl",
  paragraphseparator: "Zp",
  spaceseparator: "Zs",
};

/** Properties that the engine knows and Go does not. */
const UNKNOWN_TO_GO: ReadonlySet<string> = new Set([
  "asciihexdigit",
  "alphabetic",
  "dash",
  "emoji",
  "emojicomponent",
  "emojimodifier",
  "emojimodifierbase",
  "emojipresentation",
  "extendedpictographic",
  "hexdigit",
  "lowercase",
  "math",
  "quotationmark",
  "terminalpunctuation",
  "uppercase",
  "whitespace",
  "unknown",
]);

/** Classes that the engine has, but Go only where names need not be exact. */
const ONLY_LOOSE: ReadonlySet<string> = new Set(["ascii", "assigned"]);

/**
 * Rewrites `pattern` for the engine; in a matcher, class names have to be exact. Never throws: what it cannot read is copied
 * for the engine to refuse.
 */
export function toEngineSyntax(pattern: string, place: "matcher" | "elsewhere"): EngineSyntax {
  const groupNames = [""];
  if (!NEEDS_REWRITING.test(pattern)) return { source: pattern, groupNames, unknownClass: undefined };
  let source = "";
  let at = 0;
  let inClass = false;
  while (at < pattern.length) {
    const unit = pattern[at]!;
    if (unit === "\\") {
      const escape = readEscape(pattern, at, { inClass, exactNames: place === "matcher" });
      if (escape.text === undefined)
        return { source: "", groupNames, unknownClass: pattern.slice(at, escape.end) };
      source += escape.text;
      at = escape.end;
      continue;
    }
    if (inClass) {
      const end = unit === "[" ? matchEnd(POSIX_CLASS, pattern, at) : undefined;
      inClass = unit !== "]";
      source += pattern.slice(at, end ?? at + 1);
      at = end ?? at + 1;
      continue;
    }
    const token =
      unit === "[" ? classOpening(pattern, at) : unit === "(" ? readGroup(pattern, at) : undefined;
    inClass = unit === "[";
    if (token?.groupName !== undefined) groupNames.push(token.groupName);
    source += token?.text ?? unit;
    at = token?.end ?? at + 1;
  }
  return { source, groupNames, unknownClass: undefined };
}

interface Token {
  readonly text: string;
  readonly end: number;
  readonly groupName?: string;
}

// The bracket with what belongs to it: `[]` and `[^]` do not close, the bracket is a member.
function classOpening(pattern: string, at: number): Token {
  let end = at + 1;
  if (pattern[end] === "^") end++;
  if (pattern[end] === "]") end++;
  return { text: pattern.slice(at, end), end };
}

function readGroup(pattern: string, at: number): Token | undefined {
  if (pattern[at + 1] !== "?") return { text: "(", end: at + 1, groupName: "" };
  CAPTURE_NAME.lastIndex = at;
  const named = CAPTURE_NAME.exec(pattern);
  return named === null ? undefined : { text: "(", end: at + named[0].length, groupName: named[1]! };
}

// `text` is undefined for a Unicode class that Go does not know.
function readEscape(
  pattern: string,
  at: number,
  { inClass, exactNames }: { inClass: boolean; exactNames: boolean },
): { text: string | undefined; end: number } {
  const letter = pattern[at + 1];
  if (letter === "Q" && !inClass) {
    const close = pattern.indexOf("\\E", at + 2);
    const end = close === -1 ? pattern.length : close + 2;
    return { text: pattern.slice(at, end), end };
  }
  UNICODE_CLASS.lastIndex = at;
  const unicode = letter === "p" || letter === "P" ? UNICODE_CLASS.exec(pattern) : null;
  if (unicode === null) return { text: pattern.slice(at, at + 2), end: at + 2 };
  const end = at + unicode[0].length;
  const written = unicode[2] ?? unicode[4]!;
  if (exactNames) return { text: isExactClassName(written) ? unicode[0] : undefined, end };
  const name = looseClassName(written);
  if (name === undefined) return { text: undefined, end };
  const spelled = `\\${letter}{${unicode[1] ?? unicode[3]!}${name}}`;
  // What is no class in any spelling is refused as it was written.
  return { text: isEngineClass(name) ? spelled : unicode[0], end };
}

function isEngineClass(name: string): boolean {
  try {
    RE2JS.compile(`\\p{${name}}`);
    return true;
  } catch {
    return false; // A refusal is the answer; there is no other way to ask.
  }
}

// False only for what the engine would take and Go does not.
function isExactClassName(name: string): boolean {
  const loose = loosen(name);
  return !UNKNOWN_TO_GO.has(loose) && !ONLY_LOOSE.has(loose) && name !== "Lc";
}

// Names match whatever their case and separators.
function looseClassName(name: string): string | undefined {
  const loose = loosen(name);
  if (UNKNOWN_TO_GO.has(loose)) return undefined;
  if (loose === "signwriting") return "SignWriting";
  const words = name
    .split(/[ _-]+/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase());
  return CATEGORY_NAMES[loose] ?? words.join("_");
}

function loosen(name: string): string {
  return name.toLowerCase().replace(/[ _-]/g, "");
}

function matchEnd(sticky: RegExp, text: string, at: number): number | undefined {
  sticky.lastIndex = at;
  return sticky.test(text) ? sticky.lastIndex : undefined;
}
