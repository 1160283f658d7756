import { expect, test } from "vitest";
import { ALL_FEATURES, parseExpr } from "../../../../src/promql/index.ts";
import { hintsFor } from "../../../../src/query/hints/hints.ts";
import { storeOf } from "../../promql/ask.ts";

const STORE = storeOf(60_000, [
  'http_requests_total{job="api",instance="a",code="200"} 0+1x10',
  'http_requests_total{job="api",instance="b",code="500"} 0+1x10',
  'http_requests_total{job="web",instance="c",code="200"} 0+1x10',
  'node_load1{instance="a"} 1x10',
]);

function hints(query: string, at = 600): string[] {
  const expr = parseExpr(query, { features: ALL_FEATURES });
  const times = { startMs: at * 1000, endMs: at * 1000, lookbackMs: 300_000 };
  return hintsFor({ expr, queryable: STORE, ...times, isEmpty: true }).map((text) =>
    text.replace(/^Narthex hint: /, ""),
  );
}

test.each([
  ["http_request_total", 'there is no metric "http_request_total"; did you mean "http_requests_total"?'],
  ["requests", 'there is no metric "requests"; did you mean "http_requests_total"?'],
  ["entirely_other", 'there is no metric "entirely_other"'],
  [
    'rate(http_requests_total{job="apo"}[5m])',
    'job="apo" in http_requests_total{job="apo"} matches none of the 2 values of job; did you mean "api"?',
  ],
  [
    'http_requests_total{jbo="api",code="200"}',
    'jbo="api" in http_requests_total{code="200",jbo="api"}: no series of http_requests_total has a label "jbo"; did you mean "job"?',
  ],
  [
    'http_requests_total{job="web",code="500"}',
    'each matcher of http_requests_total{code="500",job="web"} matches series, but no series matches all of them',
  ],
  [
    'http_requests_total{code!~"200|500"}',
    'code!~"200|500" in http_requests_total{code!~"200|500"} leaves out all series of http_requests_total',
  ],
  [
    "sum by (instnace) (node_load1) > 5",
    'by (instnace) of sum: no series has a label "instnace"; did you mean "instance"?',
  ],
  [
    "http_requests_total * on (jbo) group_left () node_load1",
    'on (jbo) of *: no series on the left has a label "jbo"; did you mean "job"?',
    'on (jbo) of *: no series on the right has a label "jbo"',
  ],
])("%s: %s", (query, ...expected) => {
  expect(hints(query)).toEqual(expected);
});

test("samples of another time", () => {
  expect(hints('node_load1{instance="a"}', 3000)).toEqual([
    'node_load1{instance="a"} has series, but no samples from 1970-01-01T00:45:00.000Z to 1970-01-01T00:50:00.000Z',
  ]);
});

test("nothing is said of what finds something, nor of labels that the query makes", () => {
  expect(hints("sum by (job) (http_requests_total) > 1e9")).toEqual([]);
  expect(hints('sum by (value) (count_values("value", node_load1)) > 5')).toEqual([]);
  expect(hints('sum by (a) (label_replace(node_load1, "a", "b", "instance", ".*")) == 7')).toEqual([]);
});

test("of an answer that is not empty only labels are told", () => {
  const expr = parseExpr("sum without (jbo) (nothing or http_requests_total)", { features: ALL_FEATURES });
  const request = { expr, queryable: STORE, startMs: 600_000, endMs: 600_000, lookbackMs: 300_000 };
  expect(hintsFor({ ...request, isEmpty: false })).toEqual([
    'Narthex hint: without (jbo) of sum: no series has a label "jbo"; did you mean "job"?',
  ]);
});
