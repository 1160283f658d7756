import { test } from "vitest";

import { Grammar } from "../../../src/promql/parse/grammar.ts";
import { parseExpr, prettyExpr, PromqlParseError } from "../../../src/promql/parse/index.ts";

const DASHBOARD =
  'sum by (job, instance) (rate(http_requests_total{job="api",code="500"}[5m])) / ignoring (code) group_left ' +
  'sum by (job) (rate(http_requests_total{job="api"}[5m])) * 100 > 5';
const LONG = Array.from({ length: 400 }, (_, i) => `metric_${i}{label="value ${i}"}`).join(" or ");

function errorText(query: string): string {
  try {
    parseExpr(query);
  } catch (thrown) {
    if (thrown instanceof PromqlParseError) return thrown.message;
    throw thrown;
  }
  return "";
}

const rows: [name: string, run: () => unknown][] = [
  ["parse a metric name", () => parseExpr("up")],
  ["parse a dashboard's ratio of rates", () => parseExpr(DASHBOARD)],
  ["parse 400 selectors joined by or", () => parseExpr(LONG)],
  ["report a syntax error", () => errorText("sum(rate(foo[5m])) by (job")],
  ["print over several lines", () => prettyExpr(parseExpr(DASHBOARD))],
  ["analyse the grammar, once a process", () => new Grammar({ validate: false })],
];

for (const [name, run] of rows) {
  test(`parser: ${name}`, async ({ bench }) => {
    await bench(name, run).run({ time: 300 });
  });
}
