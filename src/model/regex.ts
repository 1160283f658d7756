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

interface Engine {
  readonly program: RE2JS;
  readonly groupNames: readonly string[];
}

/**
 * Compiles `^(?s:pattern)$` in Go's dialect of RE2. Matching time is linear in the text for every pattern.
 * @throws RegexError with Go's text `error parsing regexp: …`, or for a pattern beyond our limits.
 */
export function compileRegex(pattern: string): CompiledRegex {
  if (pattern.length > PATTERN_UNITS_MAX) {
    const size = `${pattern.length} characters, more than ${PATTERN_UNITS_MAX}`;
    throw new RegexError(`error parsing regexp: expression too large: ${size}`);
  }
  const shape = readRegexShape(pattern);
  const fits = shape === undefined ? undefined : branchTest(shape.branches);
  // What the shape says exactly is valid for sure: the automaton is built when groups are asked for.
  let engine = shape?.exact === true && fits !== undefined ? undefined : compileEngine(pattern);
  const matches = chooseTest(fits, engine?.program);
  return {
    pattern,
    matches,
    findGroups(text) {
      if (!matches(text)) return undefined;
      engine ??= compileEngine(pattern);
      return findGroups(engine, text);
    },
    literals: shape === undefined ? undefined : literalsOf(shape),
    prefix: shape === undefined ? "" : commonPrefix(shape.branches),
  };
}

function compileEngine(pattern: string): Engine {
  const { source, groupNames, unknownClass } = toEngineSyntax(pattern);
  if (unknownClass !== undefined) {
    throw new RegexError(`error parsing regexp: invalid character class range: \`${unknownClass}\``);
  }
  let program: RE2JS;
  try {
    program = RE2JS.compile(`^(?s:${source})$`);
  } catch (thrown) {
    throw asRegexError(thrown, source, pattern);
  }
  if (program.programSize() > PROGRAM_INSTRUCTIONS_MAX) {
    const size = `${program.programSize()} instructions, more than ${PROGRAM_INSTRUCTIONS_MAX}`;
    throw new RegexError(`error parsing regexp: expression too large: ${size}`);
  }
  return { program, groupNames };
}

// What the engine says, about the pattern as the user wrote it.
function asRegexError(thrown: unknown, source: string, pattern: string): unknown {
  if (!(thrown instanceof Error) || !thrown.message.startsWith("error parsing regexp: ")) return thrown;
  const text = thrown.message.replace(source, () => pattern);
  const hasPiece = text.endsWith("`"); // Go names the offending piece even when it is empty.
  return new RegexError(hasPiece ? text : `${text}: \`\``, { cause: thrown });
}

/**
 * Checks a pattern by itself, before it is anchored, as Prometheus does with label matchers: `a)b(` is
 * refused, and texts show the pattern as written. @throws RegexError with Go's text.
 */
export function requireRegexAlone(pattern: string): void {
  if (pattern.length > PATTERN_UNITS_MAX || readRegexShape(pattern)?.exact === true) return;
  const { source } = toEngineSyntax(pattern);
  try {
    RE2JS.compile(source);
  } catch (thrown) {
    throw asRegexError(thrown, source, pattern);
  }
}

function findGroups(engine: Engine, text: string): RegexGroups | undefined {
  const found = engine.program.exec(text);
  return found === null ? undefined : { texts: [...found], names: engine.groupNames };
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
