// Reads the plain parts of a pattern: literal text, alternations, groups, small character sets and the gaps
// `.*` and `.+`. Most patterns in queries and relabel rules are nothing else and need no automaton; of the
// others the literal parts still serve as a quick necessary test.

/** What may stand between two literal texts. `exact`: any text of at least `unitsMin` characters (0 or 1). */
interface Gap {
  readonly charactersMin: 0 | 1;
  readonly exact: boolean; // False: only some texts, the automaton knows which.
}

/** Literal texts and gaps in turn; no two texts and no two gaps follow each other, no text is empty. */
export type Branch = readonly (string | Gap)[];

/** A text matches only if it fits at least one branch; when all gaps are exact also the reverse holds. */
export interface RegexShape {
  readonly branches: readonly Branch[];
  readonly exact: boolean;
}

const ANY_TEXT: Gap = { charactersMin: 0, exact: true };
const SOME_TEXT: Gap = { charactersMin: 1, exact: true };
const UNKNOWN: Gap = { charactersMin: 0, exact: false };

// Zero-width; resolved at the ends of a branch, unknown elsewhere.
const START: Gap = { charactersMin: 0, exact: false };
const END: Gap = { charactersMin: 0, exact: false };

const PLAIN_RUN = /[^\\.+*?()|[\]{}^$]+|[\]}]/y;
const QUANTIFIER = /(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??/y;
const GROUP_START = /\((?:\?(?::|P?<[A-Za-z0-9_]+>))?/y;
// Members one by one or as ranges; no escapes, no negation, no nested classes.
const SIMPLE_CLASS = /\[[^\\[\]^][^\\[\]]{0,127}\]/y;
// Names are bounded so that many unclosed ones cannot make this quadratic.
const ANY_CLASS = /\[\^?\]?(?:\[:[^\]]{0,20}:\]|\\p\{[^}]{0,64}\}|\\.|[^\\\]])*\]/isy;
const ESCAPED_PUNCTUATION = /\\[!-/:-@[-`{-~]/y;
const ESCAPED_CLASS = /\\(?:[dDsSwWbBAz]|[pP](?:\{[^}]{0,64}\}|[^{]))/y;

const DEPTH_MAX = 200;
const CLASS_MEMBERS_MAX = 64;
const PRODUCT_MAX = 256; // Branches made by combining alternatives.
const PARTS_MAX = 32; // Texts and gaps in one branch.
const WORK_MAX = 50_000; // Branches built in all.

interface Cursor {
  readonly text: string;
  at: number;
  depth: number;
  work: number;
}

/** The shape of a pattern, or undefined when it has flags or anything else that reaches beyond its place. */
export function readRegexShape(pattern: string): RegexShape | undefined {
  if (!pattern.isWellFormed()) return undefined;
  const cursor: Cursor = { text: pattern, at: 0, depth: 0, work: 0 };
  const branches = readAlternation(cursor);
  if (branches === undefined || cursor.at !== pattern.length) return undefined;
  const anchored = branches.map(dropAnchors);
  return { branches: anchored, exact: anchored.every(isExact) };
}

function readAlternation(cursor: Cursor): Branch[] | undefined {
  if (++cursor.depth > DEPTH_MAX) return undefined;
  const branches: Branch[] = [];
  for (;;) {
    const sequence = readSequence(cursor);
    if (sequence === undefined) return undefined;
    for (const branch of sequence) branches.push(branch);
    if (cursor.text[cursor.at] !== "|") break;
    cursor.at++;
  }
  cursor.depth--;
  return branches;
}

function readSequence(cursor: Cursor): Branch[] | undefined {
  let branches: Branch[] = [[]];
  while (cursor.at < cursor.text.length) {
    const next = cursor.text[cursor.at];
    if (next === "|" || next === ")") break;
    const item = readItem(cursor);
    if (item === undefined) return undefined;
    branches = combine(branches, item);
    cursor.work += branches.length;
    if (cursor.work > WORK_MAX || branches[0]!.length > PARTS_MAX) return undefined;
  }
  return branches;
}

// One atom with its quantifier.
function readItem(cursor: Cursor): Branch[] | undefined {
  const { text } = cursor;
  const run = take(PLAIN_RUN, cursor);
  if (run !== undefined) return readRun(cursor, run);
  const isDot = text[cursor.at] === ".";
  const atom = readAtom(cursor);
  const quantifier = atom === undefined ? undefined : take(QUANTIFIER, cursor);
  if (atom === undefined || quantifier === undefined) return atom;
  if (isDot && quantifier.startsWith("*")) return [[ANY_TEXT]];
  if (isDot && quantifier.startsWith("+")) return [[SOME_TEXT]];
  return quantified(atom, quantifier);
}

// Plain characters; a quantifier after them belongs to the last one only.
function readRun(cursor: Cursor, run: string): Branch[] | undefined {
  const quantifier = take(QUANTIFIER, cursor);
  if (quantifier === undefined) return cursor.text[cursor.at] === "{" ? undefined : [[run]];
  const last = String.fromCodePoint(run.codePointAt(run.length - (endsInPair(run) ? 2 : 1))!);
  const before = run.slice(0, run.length - last.length);
  return combine(before === "" ? [[]] : [[before]], quantified([[last]], quantifier));
}

function quantified(atom: Branch[], quantifier: string): Branch[] {
  return quantifier.startsWith("?") ? [...atom, []] : [[UNKNOWN]];
}

function readAtom(cursor: Cursor): Branch[] | undefined {
  switch (cursor.text[cursor.at]) {
    case ".":
      cursor.at++;
      return [[UNKNOWN]];
    case "^":
      cursor.at++;
      return [[START]];
    case "$":
      cursor.at++;
      return [[END]];
    case "[":
      return readClass(cursor);
    case "(":
      return readGroup(cursor);
    case "\\": {
      const punctuation = take(ESCAPED_PUNCTUATION, cursor);
      if (punctuation !== undefined) return [[punctuation.slice(1)]];
      return take(ESCAPED_CLASS, cursor) === undefined ? undefined : [[UNKNOWN]];
    }
    default:
      return undefined;
  }
}

function readGroup(cursor: Cursor): Branch[] | undefined {
  take(GROUP_START, cursor);
  // Flags, and whatever else begins with "(?".
  if (cursor.text[cursor.at] === "?") return undefined;
  const inner = readAlternation(cursor);
  if (inner === undefined || cursor.text[cursor.at] !== ")") return undefined;
  cursor.at++;
  return inner;
}

function readClass(cursor: Cursor): Branch[] | undefined {
  const simple = take(SIMPLE_CLASS, cursor);
  if (simple === undefined) return take(ANY_CLASS, cursor) === undefined ? undefined : [[UNKNOWN]];
  return classMembers(simple.slice(1, -1))?.map((member) => [member]) ?? [[UNKNOWN]];
}

// Undefined when there are too many. A "-" that makes no range stands for itself.
function classMembers(inner: string): string[] | undefined {
  const characters = Array.from(inner);
  const members = new Set<string>();
  for (let i = 0; i < characters.length; i++) {
    const from = characters[i]!;
    const isRange = characters[i + 1] === "-" && i + 2 < characters.length;
    const to = isRange ? characters[i + 2]! : from;
    const last = to.codePointAt(0)!;
    if (last < from.codePointAt(0)!) return undefined; // The engine's error, not ours.
    for (let code = from.codePointAt(0)!; code <= last; code++) {
      // A range over the surrogates has members that no text holds.
      if (code >= 0xd800 && code <= 0xdfff) return undefined;
      members.add(String.fromCodePoint(code));
      if (members.size > CLASS_MEMBERS_MAX) return undefined;
    }
    if (isRange) i += 2;
  }
  return [...members];
}

function combine(left: Branch[], right: Branch[]): Branch[] {
  const tooMany = left.length > 1 && right.length > 1 && left.length * right.length > PRODUCT_MAX;
  const tails = tooMany ? [[UNKNOWN]] : right;
  const combined: Branch[] = [];
  for (const head of left) for (const tail of tails) combined.push(join(head, tail));
  return combined;
}

function join(head: Branch, tail: Branch): Branch {
  if (head.length === 0) return tail;
  if (tail.length === 0) return head;
  const last = head[head.length - 1]!;
  const first = tail[0]!;
  if (typeof last === "string" && typeof first === "string") {
    return [...head.slice(0, -1), last + first, ...tail.slice(1)];
  }
  if (typeof last === "string" || typeof first === "string") return [...head, ...tail];
  if (isAnchor(last) || isAnchor(first)) return [...head, ...tail];
  return [...head.slice(0, -1), mergeGaps(last, first), ...tail.slice(1)];
}

function mergeGaps(a: Gap, b: Gap): Gap {
  if (!a.exact || !b.exact || (a.charactersMin === 1 && b.charactersMin === 1)) return UNKNOWN;
  return a.charactersMin === 1 || b.charactersMin === 1 ? SOME_TEXT : ANY_TEXT;
}

// The whole pattern is anchored, so an anchor at the end it belongs to says nothing.
function dropAnchors(branch: Branch): Branch {
  let from = 0;
  let to = branch.length;
  while (branch[from] === START) from++;
  while (to > from && branch[to - 1] === END) to--;
  let rest: Branch = [];
  for (const part of branch.slice(from, to)) {
    rest = join(rest, [typeof part === "string" || !isAnchor(part) ? part : UNKNOWN]);
  }
  return rest;
}

function isAnchor(gap: Gap): boolean {
  return gap === START || gap === END;
}

function isExact(branch: Branch): boolean {
  return branch.every((part) => typeof part === "string" || part.exact);
}

function endsInPair(text: string): boolean {
  const unit = text.charCodeAt(text.length - 1);
  return unit >= 0xdc00 && unit <= 0xdfff;
}

function take(sticky: RegExp, cursor: Cursor): string | undefined {
  sticky.lastIndex = cursor.at;
  const found = sticky.exec(cursor.text);
  if (found === null) return undefined;
  cursor.at += found[0].length;
  return found[0];
}
