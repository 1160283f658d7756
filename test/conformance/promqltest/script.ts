import { parseDuration } from "../../../src/model/index.ts";
import { parseSeriesDescription, type SeriesDescription } from "../../../src/promql/parse/index.ts";

// Reads the language of Prometheus's engine tests; FORMAT.md beside the shared test files describes it.

/** Times are milliseconds since 1970, `line` counts from 1. */
export type Command = ClearCommand | LoadCommand | EvalCommand;

interface ClearCommand {
  readonly kind: "clear";
  readonly line: number;
}

export interface LoadCommand {
  readonly kind: "load";
  readonly line: number;
  readonly intervalMs: number;
  /** Classic histograms are also loaded as native ones with custom buckets. */
  readonly withCustomBuckets: boolean;
  readonly series: readonly SeriesDescription[];
}

/** What an annotation or an error must say. */
export type TextMatch = { readonly message: string } | { readonly pattern: RegExp } | "anything";

export interface Expectation {
  readonly fail: TextMatch | undefined;
  readonly warnings: readonly TextMatch[];
  readonly infos: readonly TextMatch[];
  readonly noWarnings: boolean;
  readonly noInfos: boolean;
  readonly ordered: boolean;
  readonly scalar: number | undefined;
  readonly string: string | undefined;
  /** Times of the points of `series` when an instant query yields range vectors. */
  readonly rangeVector: TimeRange | undefined;
  readonly series: readonly SeriesDescription[];
}

export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

export interface EvalCommand {
  readonly kind: "eval";
  readonly line: number;
  readonly query: string;
  /** An instant, or the range of a range query. */
  readonly at: number | TimeRange;
  readonly expect: Expectation;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type Draft = Mutable<Expectation> & {
  warnings: TextMatch[];
  infos: TextMatch[];
  series: SeriesDescription[];
};

const NUMBER = /^[+-]?(?:0[xX][0-9a-fA-F]+|inf|nan|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/i;

/** The commands of a test file in order. @throws Error naming the line that cannot be read. */
export function parseScript(text: string): Command[] {
  const lines = text.split("\n").map((line) => {
    const trimmed = line.replace(/^[ \t]+|[ \t]+$/g, "");
    return trimmed.startsWith("#") ? "" : trimmed;
  });
  const commands: Command[] = [];
  for (let at = 0; at < lines.length;) {
    if (lines[at] === "") at++;
    else at = parseCommand(lines, at, commands);
  }
  return commands;
}

// Reads the command at `at` and returns where the next one may begin.
function parseCommand(lines: readonly string[], at: number, commands: Command[]): number {
  const head = lines[at]!;
  const line = at + 1;
  const word = head.split(/[ \t]/, 1)[0]!.toLowerCase();
  try {
    if (word === "clear") commands.push({ kind: "clear", line });
    else if (word === "load" || word === "load_with_nhcb") {
      const block = blockAfter(lines, at);
      commands.push(parseLoad(head, line, block));
      return at + 1 + block.length;
    } else if (word.startsWith("eval")) {
      const { command, end } = parseEval(head, line, blockAfter(lines, at));
      commands.push(command);
      return at + 1 + end;
    } else throw new Error(`no command: ${head}`);
  } catch (cause) {
    throw new Error(`line ${line}: ${String(cause)}`, { cause });
  }
  return at + 1;
}

function blockAfter(lines: readonly string[], at: number): string[] {
  const end = lines.indexOf("", at);
  return lines.slice(at + 1, end < 0 ? undefined : end);
}

function parseLoad(head: string, line: number, block: readonly string[]): LoadCommand {
  const match = /^load(_with_nhcb)?\s+(\S+)$/i.exec(head);
  if (match === null) throw new Error(`no load command: ${head}`);
  return {
    kind: "load",
    line,
    intervalMs: parseDuration(match[2]!),
    withCustomBuckets: match[1] !== undefined,
    // Start timestamps are not read: the store has no place for them.
    series: block.filter((row) => !/^\S+@st[ \t]/.test(row)).map(parseSeriesDescription),
  };
}

function parseEval(
  head: string,
  line: number,
  block: readonly string[],
): { readonly command: EvalCommand; readonly end: number } {
  const instant = /^eval(?:_(\w+))?\s+instant\s+at\s+(\S+)\s+(.+)$/i.exec(head);
  const range = /^eval(?:_(\w+))?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+)$/i.exec(head);
  const match = instant ?? range;
  if (match === null) throw new Error(`no eval command: ${head}`);
  const draft = emptyExpectation();
  if (match[1] !== undefined) addExpectation(draft, match[1].toLowerCase(), "anything");
  const end = parseExpectations(block, draft);
  const at = instant === null ? timeRange(match[2]!, match[3]!, match[4]!) : parseDuration(match[2]!);
  return { command: { kind: "eval", line, query: match.at(-1)!, at, expect: draft }, end };
}

function emptyExpectation(): Draft {
  return {
    fail: undefined,
    warnings: [],
    infos: [],
    noWarnings: false,
    noInfos: false,
    ordered: false,
    scalar: undefined,
    string: undefined,
    rangeVector: undefined,
    series: [],
  };
}

function timeRange(from: string, to: string, step: string): TimeRange {
  return { fromMs: parseDuration(from), toMs: parseDuration(to), stepMs: parseDuration(step) };
}

// Returns how many lines belong to the eval: a bare number ends it.
function parseExpectations(block: readonly string[], draft: Draft): number {
  for (const [index, row] of block.entries()) {
    const old = /^expected_fail_(message|regexp)\s*(.*)$/.exec(row);
    if (old !== null) {
      draft.fail = old[1] === "message" ? { message: old[2]! } : { pattern: new RegExp(old[2]!) };
      return index + 1;
    }
    if (NUMBER.test(row)) {
      draft.scalar = readNumber(row);
      return index + 1;
    }
    if (/^expect\s/.test(row)) parseExpectLine(row, draft);
    else draft.series.push(parseSeriesDescription(row));
  }
  return block.length;
}

function parseExpectLine(row: string, draft: Draft): void {
  const range = /^expect range vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)$/.exec(row);
  const string = /^expect string\s+(.+)$/.exec(row);
  const other = /^expect\s+(\w+)(?:\s+(msg|regex):(.*))?$/.exec(row);
  if (range !== null) draft.rangeVector = timeRange(range[1]!, range[2]!, range[3]!);
  else if (string !== null) draft.string = readGoString(string[1]!);
  else if (other !== null) {
    const text = other[3]?.trim() ?? "";
    const match: TextMatch =
      other[2] === undefined
        ? "anything"
        : other[2] === "msg"
          ? { message: text }
          : { pattern: goRegex(text) };
    addExpectation(draft, other[1]!, match);
  } else throw new Error(`no expectation: ${row}`);
}

function addExpectation(draft: Draft, type: string, match: TextMatch): void {
  if (type === "fail") draft.fail = match;
  else if (type === "warn") draft.warnings.push(match);
  else if (type === "info") draft.infos.push(match);
  else if (type === "no_warn") draft.noWarnings = true;
  else if (type === "no_info") draft.noInfos = true;
  else if (type === "ordered") draft.ordered = true;
  else throw new Error(`unknown expectation ${type}`);
}

// The patterns of the test files mean the same in both dialects, but for flags at the start.
function goRegex(pattern: string): RegExp {
  return pattern.startsWith("(?i)") ? new RegExp(pattern.slice(4), "i") : new RegExp(pattern);
}

function readNumber(text: string): number {
  const sign = text.startsWith("-") ? -1 : 1;
  const digits = text.replace(/^[+-]/, "").toLowerCase();
  if (digits === "inf") return sign * Infinity;
  if (digits === "nan") return NaN;
  return sign * (/^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits));
}

function readGoString(literal: string): string {
  if (literal.startsWith("`")) return literal.slice(1, -1);
  return JSON.parse(literal) as string;
}
