import { describe, expect, it } from "vitest";

import {
  ALL_FEATURES,
  exprToJson,
  parseExpr,
  prettyExpr,
  PromqlParseError,
} from "../../../src/promql/parse/index.ts";
import { readAnswers, readCorpus, recordAnswers, type Answer } from "./answers.ts";
import { CHANGES, type Change } from "./changes.ts";

// Our parser against answers of Prometheus 3.5.3, which is what `answers.jsonl` holds. Where 3.14 differs, the
// new answer stands in changes.ts with its spec row. With PROMETHEUS_URL set the answers are recorded anew.

// Fields that 3.14 added to the tree.
const NEW_FIELDS = new Set(["offsetExpr", "rangeExpr", "stepExpr", "anchored", "smoothed", "fillValues"]);

const serverUrl = process.env["PROMETHEUS_URL"];
const answers = serverUrl === undefined ? readAnswers() : await recordAnswers(serverUrl);
const changes = new Map(CHANGES.map((change) => [change.query, change]));

function ourAnswer(query: string): Answer {
  try {
    const expr = parseExpr(query, { features: ALL_FEATURES });
    return { query, format: prettyExpr(expr), ast: withoutNewFields(exprToJson(expr)) };
  } catch (thrown) {
    if (!(thrown instanceof PromqlParseError)) throw thrown;
    return { query, error: thrown.message };
  }
}

function withoutNewFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNewFields);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !NEW_FIELDS.has(key));
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNewFields(inner)]));
}

/** What 3.14 answers; of a tree only the printed form was written down. */
function expectedAnswer(recorded: Answer, change: Change | undefined, ours: Answer): unknown {
  if (change === undefined) return recorded;
  const { query, error, format } = change;
  return error === undefined ? { ...ours, query, format } : { query, error };
}

describe("the parser answers as Prometheus does", () => {
  it.each(answers.map((answer) => [JSON.stringify(answer.query), answer] as const))("%s", (_, recorded) => {
    const ours = ourAnswer(recorded.query);
    expect(ours).toEqual(expectedAnswer(recorded, changes.get(recorded.query), ours));
  });

  it("has an answer for every query of the corpus", () => {
    expect(answers.map(({ query }) => query)).toEqual(readCorpus());
  });

  it("lists a change only where the recorded answer differs from ours", () => {
    const recorded = new Map(answers.map((answer) => [answer.query, JSON.stringify(answer)]));
    const needless = CHANGES.filter(({ query }) => recorded.get(query) === JSON.stringify(ourAnswer(query)));
    expect(needless).toEqual([]);
  });
});
