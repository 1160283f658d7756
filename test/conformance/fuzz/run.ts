import { elementsOf, type Answer } from "./answer.ts";
import { KNOWN_DIFFERENCES } from "./differences.ts";
import { generateQuery, type FuzzQuery, type Source } from "./generate.ts";
import { judge, type Finding } from "./judge.ts";
import { minimise } from "./minimise.ts";
import type { Ask } from "./ours.ts";
import { rewordOurs, rewordReference } from "./reword.ts";

export interface FuzzOptions {
  readonly source: Source;
  readonly reference: Ask;
  readonly ours: Ask;
  readonly seed: number;
  readonly from: number; // Number of the first query.
  readonly count: number;
  readonly isMinimised: boolean;
}

export interface FoundCase {
  readonly number: number;
  readonly query: FuzzQuery;
  readonly smallest: FuzzQuery; // The query itself when it was not minimised.
  readonly finding: Finding; // Of the smallest.
  readonly signature: string;
}

export interface Report {
  readonly asked: number;
  readonly errors: number;
  readonly empty: number;
  readonly explained: ReadonlyMap<string, number>;
  readonly unexplained: readonly FoundCase[];
}

const TOLERANCE = { relative: 1e-9 };
const AT_ONCE = 4;

/** Asks both sides the queries of a seed and collects what differs. */
export async function runFuzz(options: FuzzOptions): Promise<Report> {
  const { source, seed, from, count } = options;
  const explained = new Map<string, number>();
  const unexplained: FoundCase[] = [];
  let errors = 0;
  let empty = 0;
  let next = from;
  const worker = async (): Promise<void> => {
    while (next < from + count) {
      const number = next++;
      const query = generateQuery(source, seed * 1_000_003 + number);
      const [expected, verdict] = await askTwice(query, options);
      if (expected.status === "error") errors++;
      else if (elementsOf(expected).length === 0) empty++;
      if (verdict === undefined) continue;
      if (verdict.explanation === undefined)
        unexplained.push(await foundCase(number, query, verdict.finding, options));
      else explained.set(verdict.explanation, (explained.get(verdict.explanation) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return {
    asked: count,
    errors,
    empty,
    explained,
    unexplained: unexplained.toSorted((a, b) => a.number - b.number),
  };
}

interface Verdict {
  readonly finding: Finding;
  readonly explanation: string | undefined;
}

// 3.5.3 now and then spoils histograms of one query with those of another that runs at the same time.
async function askTwice(
  query: FuzzQuery,
  options: Pick<FuzzOptions, "reference" | "ours">,
): Promise<[Answer, Verdict | undefined]> {
  const first = await askBoth(query, options);
  return first[1] === undefined || first[1].explanation !== undefined ? first : askBoth(query, options);
}

async function askBoth(
  query: FuzzQuery,
  { reference, ours }: Pick<FuzzOptions, "reference" | "ours">,
): Promise<[Answer, Verdict | undefined]> {
  const [reference353, answered] = await Promise.all([reference(query), ours(query)]);
  const expected = rewordReference(reference353);
  const got = rewordOurs(answered);
  const finding = judge(expected, got, TOLERANCE);
  if (finding === undefined) return [expected, undefined];
  const known = KNOWN_DIFFERENCES.find(({ applies }) => applies({ query, expected, got, finding }));
  return [expected, { finding, explanation: known && `${known.rows}: ${known.reason}` }];
}

async function foundCase(
  number: number,
  query: FuzzQuery,
  finding: Finding,
  options: FuzzOptions,
): Promise<FoundCase> {
  if (!options.isMinimised) return { number, query, smallest: query, finding, signature: finding.rule };
  let found = finding;
  const smallest = await minimise(query, async (candidate) => {
    const [, verdict] = await askBoth(candidate, options);
    if (verdict === undefined || verdict.explanation !== undefined || verdict.finding.rule !== finding.rule)
      return false;
    found = verdict.finding;
    return true;
  });
  return { number, query, smallest, finding: found, signature: `${finding.rule}: ${shapeOf(smallest.text)}` };
}

// The query without what is drawn at random: names, numbers and strings.
function shapeOf(text: string): string {
  return text
    .replace(/"(?:[^"\\]|\\.)*"/g, "S")
    .replace(/\{[^}]*\}/g, "{}")
    .replace(/\b\d[\w.+]*/g, "N")
    .replace(/\b[a-z0-9]+(_[a-z0-9]+)+(?=[^\w(]|$)/g, "x")
    .replace(/\s+/g, " ");
}
