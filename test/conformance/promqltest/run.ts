import { NarthexError } from "../../../src/base/index.ts";
import { millis } from "../../../src/model/index.ts";
import {
  evaluate,
  type EvaluateOptions,
  type MatrixResult,
  type QueryResult,
  type QueryValue,
} from "../../../src/promql/index.ts";
import { ALL_FEATURES, parseExpr, printExpr, type Expr } from "../../../src/promql/parse/index.ts";
import type { Queryable } from "../../../src/storage/index.ts";
import { compareAnnotations, compareResult, matches } from "./compare.ts";
import { pinTimes } from "./pin-times.ts";
import { parseScript, type EvalCommand, type Expectation, type TimeRange } from "./script.ts";
import { ScriptStore, type StoreBuilder } from "./store.ts";

const OPTIONS: EvaluateOptions = {
  lookbackMs: 300_000,
  defaultSubqueryStepMs: 60_000,
  samplesMax: 10_000,
  features: { delayedNameRemoval: true, typeAndUnitLabels: false },
  perStepStats: false,
  shouldStop: () => undefined,
  monotonic: () => 0,
};
const MINUTE_MS = 60_000;

/** One check of one eval command: the query as written, or a variant that must give the same (FORMAT.md, section 5). */
export interface Case {
  readonly line: number;
  readonly name: string; // `12`; `12@3000`: times pinned, evaluated at 3000 ms; with `r`: as a range query.
  readonly query: string;
  readonly fault: string | undefined;
}

/** Runs a test file's commands and tells how each check went. */
export async function runScript(text: string, build: StoreBuilder): Promise<Case[]> {
  const store = new ScriptStore(build);
  const cases: Case[] = [];
  for (const command of parseScript(text)) {
    if (command.kind === "clear") await store.clear();
    else if (command.kind === "load") await store.load(command);
    else cases.push(...runEval(command, await store.open()));
  }
  await store.close();
  return cases;
}

function* runEval(command: EvalCommand, queryable: Queryable): Generator<Case> {
  const { line, query, at, expect } = command;
  if (typeof at !== "number") {
    yield { line, name: String(line), query, fault: check({ query, at, expect }, queryable) };
    return;
  }
  for (const [name, text, time] of variants(command, at)) {
    yield { line, name, query: text, fault: check({ query: text, at: time, expect }, queryable) };
    if (!mayRunAsRange(text, expect)) continue;
    const fault = checkAsRange({ query: text, at: time, expect }, time, queryable);
    yield { line, name: `${name}r`, query: text, fault };
  }
}

// The query as written, and with its times pinned at other times of evaluation.
function variants({ line, query }: EvalCommand, at: number): [name: string, text: string, time: number][] {
  const written: [string, string, number] = [String(line), query, at];
  const expr = tryParse(query);
  const pinned = expr === undefined ? undefined : pinTimes(expr, at);
  if (pinned === undefined) return [written];
  const text = printExpr(pinned);
  const times = at === 0 ? [-1000, 0, 1000] : [-10 * at, 0, at / 5, at, 10 * at];
  return [written, ...times.map((time): [string, string, number] => [`${line}@${time}`, text, time])];
}

function tryParse(query: string): Expr | undefined {
  try {
    return parseExpr(query, { features: ALL_FEATURES });
  } catch (thrown) {
    if (thrown instanceof NarthexError) return undefined;
    throw thrown;
  }
}

function mayRunAsRange(text: string, { fail, ordered, rangeVector, string }: Expectation): boolean {
  if (/\b(?:start|end|range|step)\s*\(\s*\)/i.test(text)) return false;
  return fail === undefined && !ordered && rangeVector === undefined && string === undefined;
}

interface Check {
  readonly query: string;
  readonly at: number | TimeRange;
  readonly expect: Expectation;
}

function check({ query, at, expect }: Check, queryable: Queryable): string | undefined {
  let result: QueryResult;
  try {
    result = run(query, at, queryable);
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    if (expect.fail === undefined || !(thrown instanceof NarthexError)) return String(thrown.stack);
    return matches(expect.fail, thrown.message) ? undefined : `failed otherwise: ${thrown.message}`;
  }
  if (expect.fail !== undefined) return "should have failed";
  return compareAnnotations(result, expect) ?? compareResult(result, expect, at);
}

function run(query: string, at: number | TimeRange, queryable: Queryable): QueryResult {
  const expr = parseExpr(query, { features: ALL_FEATURES });
  const window =
    typeof at === "number"
      ? { startMs: at, endMs: at, stepMs: undefined }
      : { startMs: at.fromMs, endMs: at.toMs, stepMs: at.stepMs };
  return evaluate({ queryable, expr, text: query, ...window }, OPTIONS);
}

// The points in the middle of a range query of three steps are those of the instant query.
function checkAsRange({ query, expect }: Check, at: number, queryable: Queryable): string | undefined {
  const range = { fromMs: at - MINUTE_MS, toMs: at + MINUTE_MS, stepMs: MINUTE_MS };
  let result: QueryResult;
  try {
    result = run(query, range, queryable);
  } catch (thrown) {
    if (thrown instanceof Error) return String(thrown.stack);
    throw thrown;
  }
  if (result.value.kind !== "matrix") return `a range query gave a ${result.value.kind}`;
  return compareResult({ ...result, value: valueAt(result.value, at, expect) }, expect, at);
}

function valueAt({ series }: MatrixResult, at: number, expect: Expectation): QueryValue {
  const rows = series.map(({ times, count }) => times.subarray(0, count).indexOf(at));
  const present = series.flatMap((one, index) => (rows[index]! < 0 ? [] : [{ one, row: rows[index]! }]));
  const time = millis(at);
  const values = Float64Array.from(present, ({ one, row }) => one.values[row]!);
  if (expect.scalar !== undefined) return { kind: "scalar", time, value: values[0] ?? NaN };
  return {
    kind: "vector",
    time,
    labels: present.map(({ one }) => one.labels),
    values,
    histograms: present.map(({ one, row }) => one.histograms?.[row]),
  };
}
