import { expect, test } from "vitest";
import { createPromqlEngine, createQueryExecutor, type QueryExecutor } from "../../../src/query/index.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { MemoryQueryable } from "../promql/memory-queryable.ts";

function setUp(): QueryExecutor {
  const queryable = new MemoryQueryable();
  const times = [0, 15_000, 30_000, 45_000, 60_000];
  queryable.add({ __name__: "jobs_total", job: "a" }, times, [0, 3, 6, 9, 12]);
  queryable.add({ __name__: "jobs_total", job: "b" }, times, [1, 1, 1, 1, 1.5]);
  const clock = new FakeClock();
  const engine = createPromqlEngine({
    queryable,
    clock,
    parse: {},
    features: { delayedNameRemoval: false, typeAndUnitLabels: false },
    defaultSubqueryStepMs: () => 15_000,
  });
  const limits = {
    samplesMax: 1000,
    timeoutMs: 120_000,
    concurrencyMax: 20,
    waitingMax: 100,
    lookbackMs: 300_000,
  };
  return createQueryExecutor({ engine, limits, clock });
}

async function instant(query: string): Promise<string> {
  const { data } = await setUp().instant({ query, timeMs: 60_000, options: {} });
  return Buffer.from(data.first).toString("utf8");
}

async function range(query: string): Promise<string> {
  const request = { query, startMs: 30_000, endMs: 60_000, stepMs: 15_000, options: {} };
  const { data } = await setUp().range(request);
  return Buffer.from(data.first).toString("utf8");
}

test.each([
  ["1+1", '{"resultType":"scalar","result":[60,"2"]}'],
  ['"a"', '{"resultType":"string","result":[60,"a"]}'],
  ["sum(jobs_total)", '{"resultType":"vector","result":[{"metric":{},"value":[60,"13.5"]}]}'],
  [
    'jobs_total{job="b"}[20s]',
    '{"resultType":"matrix","result":[{"metric":{"__name__":"jobs_total","job":"b"},' +
      '"values":[[45,"1"],[60,"1.5"]]}]}',
  ],
  [
    "max_over_time(sum(jobs_total)[1m:])",
    '{"resultType":"vector","result":[{"metric":{},"value":[60,"13.5"]}]}',
  ],
])("the instant query %s is answered", async (query, expected) => {
  expect(await instant(query)).toBe(expected);
});

test.each([
  ["5", '{"resultType":"matrix","result":[{"metric":{},"values":[[30,"5"],[45,"5"],[60,"5"]]}]}'],
  [
    "sum(jobs_total)",
    '{"resultType":"matrix","result":[{"metric":{},"values":[[30,"7"],[45,"10"],[60,"13.5"]]}]}',
  ],
  ["nothing", '{"resultType":"matrix","result":[]}'],
])("the range query %s is answered", async (query, expected) => {
  expect(await range(query)).toBe(expected);
});

test.each([
  ['"a"', 'invalid expression type "string" for range query, must be Scalar or instant Vector'],
  ["up[5m]", 'invalid expression type "range vector" for range query, must be Scalar or instant Vector'],
  ["sum(", "1:5: parse error: unclosed left parenthesis"],
])("the range query %s is refused", async (query, message) => {
  await expect(range(query)).rejects.toMatchObject({ errorType: "bad_data", message });
});

test("a query that holds too many samples fails", async () => {
  await expect(instant("jobs_total[1m:50ms]")).rejects.toMatchObject({
    errorType: "execution",
    message: "query processing would load too many samples into memory in query execution",
  });
});
