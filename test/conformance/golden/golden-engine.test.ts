import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { NarthexError, type ErrorType } from "../../../src/base/index.ts";
import { parseDuration } from "../../../src/model/index.ts";
import {
  evaluate,
  parseExpr,
  valueTypeOf,
  type EvaluateOptions,
  type EvaluateRequest,
} from "../../../src/promql/index.ts";
import type { MemoryQueryable } from "../../unit/promql/memory-queryable.ts";
import { DIFFERENCES } from "./differences.ts";
import { encodeValue } from "./encode.ts";
import { loadDataset, readJsonLines } from "./load.ts";

// The engine against the recorded answers of a real Prometheus 3.5.3, in process. Where 3.14 answers differently the
// spec decides; those requests are listed with the reason in differences.ts.

const INSTRUMENTS = new URL("../../../../shared/conformance/", import.meta.url);
const ANSWERS = new URL("golden/answers.jsonl.gz", INSTRUMENTS).pathname;
const DATASET = new URL("golden/dataset.jsonl.gz", INSTRUMENTS).pathname;

interface Recorded {
  readonly id: string; // "category:line:i" or "category:line:r".
  readonly q: string;
  readonly time?: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly p?: Readonly<Record<string, string>>;
  readonly o?: string;
  readonly abs?: number;
  readonly e?: readonly [status: number, errorType: string, error: string];
}

interface Comparison {
  readonly ok: boolean;
  readonly reason: string;
  readonly detail: string;
  readonly warnDiff: boolean;
  readonly infoDiff: boolean;
  readonly msgDiff: boolean;
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

interface Instruments {
  readonly unpackAnswer: (recorded: Recorded) => Answer;
  readonly compareAnswers: (
    expected: Answer,
    got: Answer,
    rules: { readonly order: string; readonly abs: number },
  ) => Comparison;
}

const STATUS: Readonly<Partial<Record<ErrorType, number>>> = { bad_data: 400, execution: 422, timeout: 503 };
const NO_FEATURES = { delayedNameRemoval: false, typeAndUnitLabels: false };

function answer(recorded: Recorded, queryable: MemoryQueryable): Answer {
  try {
    const { value, warnings, infos } = evaluate(requestOf(recorded, queryable), optionsOf(recorded));
    const notes = {
      ...(warnings.length > 0 ? { warnings } : {}),
      ...(infos.length > 0 ? { infos } : {}),
    };
    return { status: 200, body: { status: "success", data: encodeValue(value), ...notes } };
  } catch (thrown) {
    if (!(thrown instanceof NarthexError)) throw thrown;
    const { errorType } = thrown;
    const prefix = errorType === "bad_data" ? 'invalid parameter "query": ' : "";
    const body = { status: "error", errorType, error: `${prefix}${thrown.message}` };
    return { status: STATUS[errorType] ?? 500, body };
  }
}

class RangeTypeError extends NarthexError {
  readonly errorType = "bad_data";
}

function requestOf(recorded: Recorded, queryable: MemoryQueryable): EvaluateRequest {
  const text = recorded.q;
  const expr = parseExpr(text, { features: { experimentalFunctions: true } });
  if (recorded.time !== undefined) {
    const ms = Math.round(recorded.time * 1000);
    return { queryable, expr, text, startMs: ms, endMs: ms, stepMs: undefined };
  }
  const type = valueTypeOf(expr);
  if (type !== "scalar" && type !== "vector") {
    const name = type === "matrix" ? "range vector" : type;
    throw new RangeTypeError(
      `invalid expression type "${name}" for range query, must be Scalar or instant Vector`,
    );
  }
  return {
    queryable,
    expr,
    text,
    startMs: Math.round(recorded.start * 1000),
    endMs: Math.round(recorded.end * 1000),
    stepMs: Math.round(recorded.step * 1000),
  };
}

function optionsOf({ p = {} }: Recorded): EvaluateOptions {
  const lookback = p["lookback_delta"];
  const lookbackMs = lookback === undefined ? 0 : toMs(lookback);
  return {
    lookbackMs: lookbackMs > 0 ? lookbackMs : 300_000,
    defaultSubqueryStepMs: 60_000,
    samplesMax: 50_000_000,
    features: NO_FEATURES,
    perStepStats: false,
    shouldStop: () => undefined,
    monotonic: () => 0,
  };
}

function toMs(text: string): number {
  return /^[\d.]+$/.test(text) ? Number(text) * 1000 : parseDuration(text);
}

const present = existsSync(ANSWERS) && existsSync(DATASET);

describe.skipIf(!present)("recorded answers (needs ../shared/conformance)", async () => {
  if (!present) return;
  const { unpackAnswer } = (await load("lib/golden.mjs")) as Pick<Instruments, "unpackAnswer">;
  const { compareAnswers } = (await load("lib/results.mjs")) as Pick<Instruments, "compareAnswers">;
  const queryable = loadDataset(DATASET);
  const recorded = (readJsonLines(ANSWERS).slice(1) as Recorded[]).filter((request) => !isForTheApi(request));
  const met = new Set<string>();
  const categories = Map.groupBy(recorded, ({ id }) => id.split(":")[0]!);

  for (const [category, requests] of categories) {
    it(`${category}: ${requests.length} requests`, () => {
      const failures: string[] = [];
      for (const request of requests) {
        const wanted = unpackAnswer(request);
        const rules = { order: request.o ?? "", abs: request.abs ?? 0 };
        const result = compareAnswers(wanted, answer(request, queryable), rules);
        if (result.ok) continue;
        const difference = DIFFERENCES.find(({ applies }) => applies.test(request.q));
        if (difference === undefined) {
          failures.push(`${request.id} ${request.q}\n    ${result.reason}: ${result.detail}`);
        } else {
          met.add(difference.reason);
        }
      }
      expect(failures, `${failures.length} of ${requests.length} differ`).toEqual([]);
    });
  }

  it("meets each of the known differences", () => {
    expect([...met].toSorted()).toEqual(DIFFERENCES.map(({ reason }) => reason).toSorted());
  });
});

// Parameters that the HTTP API refuses before the engine is asked.
function isForTheApi({ e }: Recorded): boolean {
  return e !== undefined && /^(invalid parameter "(end|step|limit|timeout)"|exceeded maximum)/.test(e[2]);
}

function load(path: string): Promise<unknown> {
  return import(pathToFileURL(new URL(path, INSTRUMENTS).pathname).href) as Promise<unknown>;
}
