import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { silentLogger } from "../../../../src/base/index.ts";
import { labelsFromRecord, millis, type Matcher } from "../../../../src/model/index.ts";
import { ALL_FEATURES } from "../../../../src/promql/index.ts";
import { createPromqlEngine, createQueryExecutor } from "../../../../src/query/index.ts";
import type { EvaluatedQuery, QueryExecutor, RangeRequest } from "../../../../src/query/index.ts";
import type { Store } from "../../../../src/storage/index.ts";
import { openStore } from "../../../../src/tsdb/index.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

const STEP_MS = 10_000;
const CACHE_BYTES = 1 << 20;

interface Rig {
  readonly store: Store;
  readonly executor: QueryExecutor;
}

const opened: Store[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

async function setUp(bytesMax = CACHE_BYTES): Promise<Rig> {
  const clock = new FakeClock();
  const store = await openStore({
    directory: undefined,
    clock,
    logger: silentLogger,
    retentionMs: 0,
    retentionBytes: 0,
  });
  opened.push(store);
  const engine = createPromqlEngine({
    queryable: store,
    parse: { features: ALL_FEATURES },
    features: { delayedNameRemoval: false, typeAndUnitLabels: false },
    defaultSubqueryStepMs: () => 15_000,
    clock,
  });
  const limits = {
    samplesMax: 1e6,
    timeoutMs: 60_000,
    concurrencyMax: 4,
    waitingMax: 4,
    lookbackMs: 60_000,
  };
  const cache = { changes: store.changes!, bytesMax };
  return { store, executor: createQueryExecutor({ engine, limits, clock, cache }) };
}

async function write(
  store: Store,
  record: Record<string, string>,
  samples: readonly (readonly [seconds: number, value: number])[],
): Promise<void> {
  const times = Float64Array.from(samples, ([seconds]) => seconds * 1000);
  const values = Float64Array.from(samples, ([, value]) => value);
  const labels = labelsFromRecord(record);
  await store.appendBatch([{ labels, times, values, histograms: [] }], "partial");
}

async function textOf({ data, warnings, infos }: EvaluatedQuery): Promise<string> {
  const chunks = [data.first];
  if (data.rest !== undefined) for await (const chunk of data.rest) chunks.push(chunk);
  return `${Buffer.concat(chunks).toString()} ${JSON.stringify([warnings, infos])}`;
}

function request(query: string, fromSeconds: number, toSeconds: number, fresh = false): RangeRequest {
  const [startMs, endMs] = [fromSeconds * 1000, toSeconds * 1000];
  return { query, startMs, endMs, stepMs: STEP_MS, options: { fresh } };
}

/** Asks with and without the cache, expects the same and gives how often the cache has helped so far. */
async function check({ executor }: Rig, query: string, from: number, to: number): Promise<number> {
  const answer = await textOf(await executor.range(request(query, from, to)));
  expect(answer).toBe(await textOf(await executor.range(request(query, from, to, true))));
  return executor.load().cache!.hits;
}

/** A sample every ten seconds. */
function ramp(from: number, to: number): [seconds: number, value: number][] {
  return Array.from({ length: (to - from) / 10 }, (_, i) => [from + i * 10, i / 3]);
}

const NAME: Matcher = { kind: "=", name: "__name__", value: "a_total" };

test("a refreshed range is computed from the first new sample on", async () => {
  const rig = await setUp();
  const series = { __name__: "a_total", job: "x" };
  await write(
    rig.store,
    series,
    Array.from({ length: 30 }, (_, i) => [i * 10, i * i]),
  );
  expect(await check(rig, "rate(a_total[1m])", 0, 290)).toBe(0);
  expect(await check(rig, "rate(a_total[1m])", 0, 290)).toBe(1);
  await write(rig.store, series, [[300, 1000]]);
  expect(await check(rig, "rate(a_total[1m])", 10, 300)).toBe(2);
  expect(await check(rig, "rate(a_total[1m])", 20, 310)).toBe(3);
});

test("late samples of another series are seen", async () => {
  const rig = await setUp();
  await write(
    rig.store,
    { __name__: "a_total", job: "x" },
    Array.from({ length: 30 }, (_, i) => [i * 10, i]),
  );
  await check(rig, "sum(a_total)", 0, 290);
  await write(rig.store, { __name__: "a_total", job: "y" }, [[100, 7]]);
  expect(await check(rig, "sum(a_total)", 0, 300)).toBe(1);
});

test("deleted samples are gone", async () => {
  const rig = await setUp();
  await write(
    rig.store,
    { __name__: "a_total", job: "x" },
    Array.from({ length: 30 }, (_, i) => [i * 10, i]),
  );
  await check(rig, "sum(a_total)", 0, 290);
  await rig.store.deleteSeries([[NAME]], millis(50_000), millis(100_000));
  expect(await check(rig, "sum(a_total)", 0, 300)).toBe(0);
});

test("series that begin, end and have gaps keep their order", async () => {
  const rig = await setUp();
  await write(rig.store, { __name__: "a_total", job: "b" }, ramp(0, 100));
  await write(rig.store, { __name__: "a_total", job: "d" }, [...ramp(0, 50), ...ramp(150, 300)]);
  await check(rig, "a_total", 0, 290);
  await write(rig.store, { __name__: "a_total", job: "c" }, ramp(300, 400));
  await write(rig.store, { __name__: "a_total", job: 'a"ä' }, ramp(310, 400));
  expect(await check(rig, "a_total", 100, 400)).toBe(1);
  expect(await check(rig, "a_total", 200, 480)).toBe(2);
  expect(await check(rig, "a_total", 100, 410)).toBe(2);
});

test("a notice that not every step gives is not kept", async () => {
  const rig = await setUp();
  await write(rig.store, { __name__: "a", job: "x" }, [
    [0, 1],
    [10, 2],
    [20, 3],
  ]);
  await check(rig, "rate(a[20s])", 0, 100);
  expect(await check(rig, "rate(a[20s])", 10, 110)).toBe(0);
  expect(await check(rig, "rate(a[20s])", 50, 150)).toBe(0);
});

test("what does not fit pushes out what was used least recently", async () => {
  const rig = await setUp(30_000);
  await write(
    rig.store,
    { __name__: "a_total" },
    Array.from({ length: 30 }, (_, i) => [i * 10, i]),
  );
  for (let n = 0; n < 40; n++) await check(rig, `a_total + ${n}`, 0, 290);
  const { cache } = rig.executor.load();
  expect(cache!.bytes).toBeLessThanOrEqual(30_000);
  expect(cache!.bytes).toBeGreaterThan(20_000);
  expect(await check(rig, "a_total + 39", 0, 290)).toBe(1);
  expect(await check(rig, "a_total + 0", 0, 290)).toBe(1);
});

test("an answer larger than its share is not kept", async () => {
  const rig = await setUp(8000);
  await write(
    rig.store,
    { __name__: "a_total" },
    Array.from({ length: 300 }, (_, i) => [i * 10, i]),
  );
  await check(rig, "a_total", 0, 2990);
  expect(await check(rig, "a_total", 0, 2990)).toBe(0);
  expect(rig.executor.load().cache!.bytes).toBe(0);
});

test("counts, a limit and instant queries go past the cache", async () => {
  const { store, executor } = await setUp();
  await write(store, { __name__: "a_total" }, [[0, 1]]);
  const range = request("a_total", 0, 100);
  for (const options of [{ stats: "totals" as const }, { seriesMax: 1 }, { fresh: true }]) {
    await executor.range({ ...range, options });
  }
  await executor.instant({ query: "a_total", timeMs: 0, options: {} });
  expect(executor.load().cache).toEqual({ hits: 0, misses: 0, bytes: 0 });
});

const QUERIES = [
  "a_total",
  "sum(a_total)",
  "rate(a_total[35s])",
  "sum by (job) (increase(a_total[1m])) > 3",
  "max_over_time(sum(a_total)[1m:15s])",
  "a_total offset -20s",
  "a_total - on (job) b",
  "b or a_total",
  "topk(1, a_total)",
  "absent(b)",
  "timestamp(b) - time()",
] as const;

type Action =
  | { readonly kind: "write"; readonly job: number; readonly late: number; readonly value: number }
  | { readonly kind: "ask"; readonly query: number; readonly from: number; readonly steps: number }
  | { readonly kind: "delete"; readonly from: number };

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      job: fc.nat(3),
      late: fc.nat(4),
      value: fc.oneof(fc.nat(9), fc.double({ noNaN: true })),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("ask" as const),
      query: fc.nat(QUERIES.length - 1),
      from: fc.nat(12),
      steps: fc.integer({ min: 3, max: 8 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete" as const), from: fc.nat(10) }) },
);

test("answers are the same with and without the cache, whatever is written in between", async () => {
  let hits = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 20, maxLength: 80 }), async (actions) => {
      const rig = await setUp();
      let now = 0;
      for (const step of actions) {
        now += 3;
        if (step.kind === "write") {
          const series = {
            __name__: step.job === 3 ? "b" : "a_total",
            job: `${step.job % 2}`,
            n: `${step.job}`,
          };
          await write(rig.store, series, [[now - 5 * step.late, step.value]]);
        } else if (step.kind === "delete") {
          await rig.store.deleteSeries([[NAME]], millis(step.from * 10_000), millis(now * 500));
        } else {
          const from = Math.max(0, Math.floor(now / 10) * 10 - step.from * 10);
          hits += await check(rig, QUERIES[step.query]!, from, from + step.steps * 10);
        }
      }
    }),
    { numRuns: 60 },
  );
  expect(hits).toBeGreaterThan(100);
});
