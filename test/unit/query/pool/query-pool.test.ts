import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { labelsFromRecord, millis } from "../../../../src/model/index.ts";
import type { QueryExecutor, SharedQueryable } from "../../../../src/query/index.ts";
import type { Store } from "../../../../src/storage/index.ts";
import { END_MS, openFilled, setUp, START_MS, STEP_MS, wholeOf, type Rig, type RigOptions } from "./rig.ts";

const SERIES = 400;
// Takes a minute or more; never that long in these tests.
const ENDLESS = "max_over_time(count(rate(requests_total[1h]))[300d:15s])";
// Holds some hundred thousand label sets at a time.
const HUNGRY = 'count_values("v", rate(requests_total[5m]) + time())';

let store: Store & SharedQueryable;
beforeAll(async () => {
  store = await openFilled(SERIES);
});
afterAll(() => store.close());

function startRig(options?: RigOptions): Rig {
  const rig = setUp(store, options);
  onTestFinished(() => rig.pool.close());
  return rig;
}

const range = { startMs: START_MS, endMs: END_MS, stepMs: STEP_MS };

describe("a worker answers as the main thread does", () => {
  let rig: Rig;
  beforeAll(() => {
    rig = setUp(store);
  });
  afterAll(() => rig.pool.close());

  /** The answers of both to a range query and an instant one. */
  async function answersTo(query: string, options = {}): Promise<{ ours: unknown; theirs: unknown }> {
    const ask = async (executor: QueryExecutor): Promise<unknown> => [
      await wholeOf(await executor.range({ query, ...range, options })),
      await wholeOf(await executor.instant({ query, timeMs: END_MS, options })),
    ];
    return { ours: await ask(rig.pooled), theirs: await ask(rig.inline) };
  }

  test.each([
    "requests_total",
    "1 + 2",
    "sum by (job) (rate(requests_total[5m]))",
    "topk(3, requests_total) - requests_total offset 5m",
    "info(rate(requests_total[5m]))",
    "max_over_time(sum(rate(requests_total[5m]))[10m:1m])",
    "max_over_time(sum(requests_total)[10m:])",
    "latency",
    "histogram_quantile(0.9, rate(latency[5m]))",
    'label_replace(requests_total, "x", "$1", "instance", "host-(.)")',
    "nothing",
    "absent(nothing)",
    "rate(requests_total[5m]) + latency", // Warns.
    "sum by (zone) (target_info @ end())",
  ])("%s", async (query) => {
    const { ours, theirs } = await answersTo(query);
    expect(ours).toEqual(theirs);
  });

  test("over blocks, deleted samples and what comes in meanwhile", async () => {
    const directory = mkdtempSync(join(tmpdir(), "narthex-pool-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const other = await openFilled(30, directory);
    onTestFinished(() => other.close());
    const { pooled, inline, pool } = setUp(other);
    onTestFinished(() => pool.close());
    await other.maintain();
    expect(other.blocks().length).toBeGreaterThan(1);
    const check = async (): Promise<void> => {
      for (const query of ["requests_total", "sum by (job) (rate(requests_total[10m]))", "latency"]) {
        const ask = { query, ...range, options: {} };
        const [ours, theirs] = await Promise.all([pooled.range(ask), inline.range(ask)]);
        expect(await wholeOf(ours)).toEqual(await wholeOf(theirs));
      }
    };
    await check();
    const matchers = [{ kind: "=", name: "job", value: "job-1" }] as const;
    await other.deleteSeries([matchers], millis(START_MS + 600_000), millis(END_MS - 300_000));
    await check();
    await other.cleanTombstones();
    await other.maintain();
    await check();
  });

  test("with a limit of series", async () => {
    const { ours, theirs } = await answersTo("requests_total", { seriesMax: 2 });
    expect(ours).toEqual(theirs);
  });

  test("with explanations and hints", async () => {
    const options = { explains: true, hints: true };
    const answers = [rig.pooled, rig.inline].map(async (by) => {
      const evaluated = await by.range({ query: "count(requests)", ...range, options });
      const { text, ...told } = (await wholeOf(evaluated)) as { text: string };
      const { data, explain } = JSON.parse(`{"data":${text}}`) as { data: unknown; explain: unknown };
      const timeless = JSON.stringify({ data, explain }, (key, value: unknown) =>
        key.endsWith("Ms") ? 0 : value,
      );
      return { timeless, told };
    });
    const [ours, theirs] = await Promise.all(answers);
    expect(ours).toEqual(theirs);
    expect(ours!.timeless).toContain("samplesDecoded");
  });

  test("with an error", async () => {
    const failures = [rig.pooled, rig.inline].map((by) =>
      by.instant({
        query: "requests_total * on (job) target_info{zone='z1'} + on () ",
        timeMs: END_MS,
        options: {},
      }),
    );
    const settled = await Promise.allSettled(failures);
    const [ours, theirs] = settled.map((one) => one.status === "rejected" && (one.reason as Error));
    expect(ours).toMatchObject({ errorType: "bad_data", message: (theirs as Error).message });
    const clash = { query: "requests_total * on (job) requests_total", timeMs: END_MS, options: {} };
    await expect(rig.pooled.instant(clash)).rejects.toMatchObject({ errorType: "execution" });
  });
});

test("an answer of many pieces comes whole, and one that nobody reads on keeps no worker", async () => {
  const { pooled, inline } = startRig();
  // About 60 MB: more than may be on its way at a time.
  const long = {
    query: 'label_replace(requests_total, "long", "$0$0$0$0$0$0$0$0", "instance", ".*") or requests_total',
    startMs: START_MS,
    endMs: START_MS + 2000 * 1500,
    stepMs: 1500,
    options: {},
  };
  const abandoned = await pooled.range(long);
  for await (const _ of abandoned.data.rest!) break;
  expect(await wholeOf(await pooled.range(long))).toEqual(await wholeOf(await inline.range(long)));
});

test("a worker sees what was written before the query", async () => {
  const other = await openFilled(3);
  onTestFinished(() => other.close());
  const { pooled, inline, pool } = setUp(other);
  onTestFinished(() => pool.close());
  for (let round = 0; round < 50; round++) {
    const times = Float64Array.of(END_MS + (round + 1) * STEP_MS);
    const batch = Array.from({ length: 20 }, (_, i) => ({
      labels: labelsFromRecord({ __name__: "more", round: String(round % 10), i: String(i) }),
      times,
      values: times.map(() => round * i),
      histograms: [],
    }));
    await other.appendBatch(batch, "all-or-nothing");
    const ask = { query: "more + 0 * count_over_time(more[10m])", timeMs: times[0]!, options: {} };
    const answer = await wholeOf(await pooled.instant(ask));
    expect(answer).toEqual(await wholeOf(await inline.instant(ask)));
    expect(answer).toMatchObject({ isEmpty: false });
  }
});

test("a query ends when its time is over or its client has gone, and the next one runs", async () => {
  const { pooled, pool } = startRig();
  const timed = pooled.instant({ query: ENDLESS, timeMs: END_MS, options: { timeoutMs: 100 } });
  await expect(timed).rejects.toMatchObject({
    errorType: "timeout",
    message: "query timed out in expression evaluation",
  });
  const client = new AbortController();
  const left = pooled.instant({ query: ENDLESS, timeMs: END_MS, options: { signal: client.signal } });
  const waiting = new AbortController();
  const unstarted = pooled.instant({ query: ENDLESS, timeMs: END_MS, options: { signal: waiting.signal } });
  const next = pooled.instant({ query: "1", timeMs: END_MS, options: {} });
  waiting.abort();
  await expect(unstarted).rejects.toMatchObject({ errorType: "canceled" });
  client.abort();
  await expect(left).rejects.toMatchObject({ errorType: "canceled" });
  expect(await wholeOf(await next)).toMatchObject({ text: expect.stringContaining('"1"') });
  expect(pool.restarts).toBe(0);
});

test("a query that takes all memory ends its worker and nothing else", async () => {
  const errors: string[] = [];
  const { pooled, pool } = startRig({ heapBytesMax: 32 * 2 ** 20, onError: (text) => errors.push(text) });
  const times = { startMs: START_MS, endMs: END_MS, stepMs: 5000 };
  const death = pooled.range({ query: HUNGRY, ...times, options: {} });
  const next = pooled.instant({ query: "count(requests_total)", timeMs: END_MS, options: {} });
  await expect(death).rejects.toMatchObject({
    errorType: "execution",
    message: expect.stringMatching(
      /^query took more than 32MiB of memory in its thread.*--query\.max-memory$/,
    ),
  });
  expect(await wholeOf(await next)).toMatchObject({ text: expect.stringContaining(`"${SERIES}"`) });
  expect(pool.restarts).toBe(1);
  expect(errors).toEqual(["a query worker ended; another one takes its place"]);
});

test("a worker that does not stop is ended and replaced", async () => {
  const entry = new URL("stubborn-worker.ts", import.meta.url);
  const { pooled, pool } = startRig({ entry });
  const ask = (timeoutMs: number): Promise<unknown> =>
    pooled.instant({ query: "1", timeMs: END_MS, options: { timeoutMs } });
  await expect(ask(60_000)).rejects.toMatchObject({ message: "the first fails" });
  const stuck = ask(20);
  const next = ask(60_000);
  await expect(stuck).rejects.toMatchObject({ errorType: "timeout" });
  await expect(next).rejects.toMatchObject({ message: "the first fails" });
  expect(pool.restarts).toBe(1);
});

test("closing ends what runs and what waits", async () => {
  const { pooled, pool } = startRig();
  const asked = [1, 2].map(() => pooled.instant({ query: ENDLESS, timeMs: END_MS, options: {} }));
  const settled = Promise.allSettled(asked);
  await pooled.instant({ query: "1", timeMs: END_MS, options: { timeoutMs: 50 } }).catch(() => undefined);
  await pool.close();
  expect((await settled).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});
