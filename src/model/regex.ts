import { assert, NarthexError } from "../base/index.ts";
import { RE2JS } from "re2js";
import { fitsBranch } from "./regex-glob.ts";
import { readRegexShape, type Branch, type RegexShape } from "./regex-shape.ts";
import { toEngineSyntax } from "./regex-syntax.ts";

/** A pattern that RE2 refuses. */
export class RegexError extends NarthexError {
  override readonly name = "RegexError";
  readonly errorType = "bad_data";
}

/** What each group of a pattern took from a text. */
export interface RegexGroups {
  /** Element 0 is the whole text, element `i` what group `i` took last; undefined when it took nothing. */
  readonly texts: readonly (string | undefined)[];
  /** Name of group `i`; "" or nothing for a group without a name. Two groups may share a name. */
  readonly names: readonly string[];
}

/** A fully anchored regex in which `.` also matches newlines (PQL-18, REL-2). */
export interface CompiledRegex {
  readonly pattern: string;
  /** Whether the whole of `text` matches. */
  matches(text: string): boolean;
  /** What the groups took when the whole of `text` matches, else undefined. Slower than `matches`. */
  findGroups(text: string): RegexGroups | undefined;
  /** When the pattern is just an alternation of literals: those, in order and unique. Else undefined. */
  readonly literals: readonly string[] | undefined;
  /** Every match starts with this; "" when nothing is known. */
  readonly prefix: string;
}

const PATTERN_UNITS_MAX = 65_536;
const PROGRAM_INSTRUCTIONS_MAX = 100_000;
/** More branches are left to the automaton, which tests them all at once. */
const GLOBS_MAX = 16;

/**
 * Where a pattern stands. Prometheus checks label matchers by themselves and knows Unicode classes only by their exact
 * names there; elsewhere, as in relabelling and `label_replace`, it checks `^(?s:pattern)$` as a whole. What matches is
 * the same.
 */
export type RegexPlace = "matcher" | "elsewhere";

/**
 * Compiles a pattern that has to match the whole of a text, in Go's dialect of RE2. Matching time is linear in the text for
 * every pattern.
 * @throws RegexError with Go's text `error parsing regexp: …`, or for a pattern beyond our limits.
 */
export function compileRegex(pattern: string, place: RegexPlace = "elsewhere"): CompiledRegex {
  if (pattern.length > PATTERN_UNITS_MAX) {
    const size = `${pattern.length} characters, more than ${PATTERN_UNITS_MAX}`;
    throw new RegexError(`error parsing regexp: expression too large: ${size}`);
  }
  const shape = readRegexShape(pattern);
  const fits = shape === undefined ? undefined : branchTest(shape.branches);
  // What the shape says exactly is valid for sure and needs no automaton.
  const isSettled = shape?.exact === true && fits !== undefined;
  const program = isSettled ? undefined : compileProgram(pattern, place);
  const matches = chooseTest(fits, program);
  let groups: GroupFinder | undefined;
  return {
    pattern,
    matches,
    findGroups(text) {
      if (!matches(text)) return undefined;
      groups ??= compileGroups(pattern);
      return groups(text);
    },
    literals: shape === undefined ? undefined : literalsOf(shape),
    prefix: shape === undefined ? "" : commonPrefix(shape.branches),
  };
}

type GroupFinder = (text: string) => RegexGroups | undefined;

function compileGroups(pattern: string): GroupFinder {
  // By far the most frequent one, and finding groups takes the automaton microseconds.
  if (pattern === "(.*)") return (text) => ({ texts: [text, text], names: [] });
  const program = compileProgram(pattern, "elsewhere");
  const names = toEngineSyntax(pattern, "elsewhere").groupNames;
  return (text) => {
    const found = program.exec(text);
    return found === null ? undefined : { texts: [...found], names };
  };
}

function compileProgram(pattern: string, place: RegexPlace): RE2JS {
  const { source, unknownClass } = toEngineSyntax(pattern, place);
  if (unknownClass !== undefined) {
    throw new RegexError(`error parsing regexp: invalid character class range: \`${unknownClass}\``);
  }
  let program: RE2JS;
  try {
    program = place === "matcher" ? RE2JS.compile(source, RE2JS.DOTALL) : RE2JS.compile(`^(?s:${source})$`);
  } catch (thrown) {
    if (!(thrown instanceof Error) || !thrown.message.startsWith("error parsing regexp: ")) throw thrown;
    throw new RegexError(goErrorText(thrown.message, { pattern, source, place }), { cause: thrown });
  }
  if (program.programSize() > PROGRAM_INSTRUCTIONS_MAX) {
    const size = `${program.programSize()} instructions, more than ${PROGRAM_INSTRUCTIONS_MAX}`;
    throw new RegexError(`error parsing regexp: expression too large: ${size}`);
  }
  return program;
}

// The engine shows the whole pattern as it was given to it, and not even an empty text where nothing is left to show.
function goErrorText(
  text: string,
  { pattern, source, place }: { pattern: string; source: string; place: RegexPlace },
): string {
  if (text.endsWith("trailing backslash at end of expression")) return `${text}: \`\``;
  return place === "matcher"
    ? text.replace(`\`(?s)${source}\``, () => `\`${pattern}\``)
    : text.replace(`\`^(?s:${source})$\``, () => `\`^(?s:${pattern})$\``);
}

type TextTest = (text: string) => boolean;

function chooseTest(fits: TextTest | undefined, program: RE2JS | undefined): TextTest {
  if (program === undefined) {
    assert(fits !== undefined, "a test when there is no automaton");
    return fits;
  }
  if (fits === undefined) return (text) => program.testExact(text);
  return (text) => fits(text) && program.testExact(text);
}

// Undefined when the branches say nothing, or too little for the price of testing them all.
function branchTest(branches: readonly Branch[]): TextTest | undefined {
  const literals = new Set(branches.filter(isLiteral).map(literalOf));
  const globs = branches.filter((branch) => !isLiteral(branch));
  if (globs.length > GLOBS_MAX || globs.some(isAnything)) return undefined;
  const [glob] = globs;
  if (glob === undefined) {
    const [only] = literals;
    return literals.size === 1 ? (text) => text === only : (text) => literals.has(text);
  }
  if (globs.length === 1 && literals.size === 0) return (text) => fitsBranch(text, glob);
  return (text) => literals.has(text) || globs.some((candidate) => fitsBranch(text, candidate));
}

function isAnything(branch: Branch): boolean {
  return branch.every((part) => typeof part !== "string" && !part.exact);
}

function literalsOf(shape: RegexShape): string[] | undefined {
  if (!shape.branches.every(isLiteral)) return undefined;
  return [...new Set(shape.branches.map(literalOf))];
}

function isLiteral(branch: Branch): boolean {
  return branch.length === 0 || (branch.length === 1 && typeof branch[0] === "string");
}

function literalOf(branch: Branch): string {
  return branch.length === 0 ? "" : (branch[0] as string);
}

function commonPrefix(branches: readonly Branch[]): string {
  let prefix: string | undefined;
  for (const branch of branches) {
    const start = typeof branch[0] === "string" ? branch[0] : "";
    prefix = prefix === undefined ? start : sharedStart(prefix, start);
  }
  return prefix ?? "";
}

function sharedStart(a: string, b: string): string {
  let end = 0;
  while (end < a.length && a[end] === b[end]) end++;
  // Half a surrogate pair is no text.
  return end > 0 && !a.slice(0, end).isWellFormed() ? a.slice(0, end - 1) : a.slice(0, end);
}
