import { existsSync } from "node:fs";
import { expect, it, onTestFinished } from "vitest";
import { errorText, NarthexError, silentLogger, systemClock } from "../../../src/base/index.ts";
import {
  createPromqlEngine,
  createQueryExecutor,
  QueryPool,
  type EvaluatedQuery,
  type QueryExecutor,
  type SharedQueryable,
} from "../../../src/query/index.ts";
import type { Store } from "../../../src/storage/index.ts";
import { readJsonLines } from "../golden/load.ts";
import { metricsOf, readDataset } from "./dataset.ts";
import { generateQuery, type FuzzQuery } from "./generate.ts";
import { openDataset } from "./ours.ts";
import { DATASET } from "./reference.ts";

// Generated queries, and those whose answers were recorded, on a worker and on the main thread: to the byte the same.

const QUERIES = 600;
const SEED = 20_261_124;
const ANSWERS = DATASET.replace("dataset", "answers");
const isPresent = existsSync(DATASET);
const WORKER = new URL("../../../src/query-worker.ts", import.meta.url);
const SETTINGS = {
  parse: { features: { experimentalFunctions: true } },
  features: { delayedNameRemoval: false, typeAndUnitLabels: false },
  memoryBytesMax: 2 ** 30,
};
const LIMITS = {
  samplesMax: 50_000_000,
  timeoutMs: 120_000,
  concurrencyMax: 20,
  waitingMax: 1000,
  lookbackMs: 300_000,
};

const defaultSubqueryStepMs = (): number => 60_000;

async function openBoth(
  store: Store & SharedQueryable,
): Promise<{ inline: QueryExecutor; pooled: QueryExecutor }> {
  const engine = createPromqlEngine({
    queryable: store,
    ...SETTINGS,
    defaultSubqueryStepMs,
    clock: systemClock,
  });
  const pool = new QueryPool({
    threads: 1,
    entry: WORKER,
    queryable: store,
    engine: SETTINGS,
    heapBytesMax: 2 ** 30,
    defaultSubqueryStepMs,
    clock: systemClock,
    logger: silentLogger,
  });
  onTestFinished(() => pool.close());
  return {
    inline: createQueryExecutor({ engine, limits: LIMITS, clock: systemClock }),
    pooled: createQueryExecutor({ engine, limits: LIMITS, clock: systemClock, runner: pool }),
  };
}

async function textOf(by: QueryExecutor, { text, startMs, endMs, stepMs }: FuzzQuery): Promise<string> {
  try {
    return await wholeOf(
      stepMs === undefined
        ? await by.instant({ query: text, timeMs: startMs, options: {} })
        : await by.range({ query: text, startMs, endMs, stepMs, options: {} }),
    );
  } catch (thrown) {
    if (!(thrown instanceof NarthexError)) throw thrown;
    return `${thrown.errorType} ${errorText(thrown)}`;
  }
}

async function wholeOf({ data, warnings, infos, samplesRead }: EvaluatedQuery): Promise<string> {
  const chunks = [data.first];
  for await (const chunk of data.rest ?? []) chunks.push(chunk);
  return `${Buffer.concat(chunks).toString("utf8")} ${JSON.stringify({ warnings, infos, samplesRead })}`;
}

interface Recorded {
  readonly q: string;
  readonly time?: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

function recordedQueries(): FuzzQuery[] {
  const [, ...recorded] = readJsonLines(ANSWERS) as Recorded[]; // The first line describes the others.
  const queries = recorded.map(({ q: text, time, start, end, step }): FuzzQuery => {
    const [startMs, endMs, stepMs] = [time ?? start, time ?? end, step].map((s) => Math.round(s * 1000));
    return { text, startMs: startMs!, endMs: endMs!, stepMs: time === undefined ? stepMs! : undefined };
  });
  // Some ask for what the interface refuses.
  return queries.filter(
    ({ startMs, endMs, stepMs }) => startMs <= endMs && (stepMs === undefined || stepMs > 0),
  );
}

it.skipIf(!isPresent)(
  `a worker answers ${QUERIES} generated queries and all recorded ones as the main thread does`,
  async () => {
    const dataset = readDataset(DATASET);
    const startMs = Math.min(...dataset.map(({ times }) => times[0]!));
    const endMs = Math.max(...dataset.map(({ times }) => times.at(-1)!));
    const store = (await openDataset(dataset, systemClock)) as Store & SharedQueryable;
    onTestFinished(() => store.close());
    const { inline, pooled } = await openBoth(store);
    const source = { metrics: metricsOf(dataset), startMs, endMs };
    const generated = Array.from({ length: QUERIES }, (_, i) => generateQuery(source, SEED * 1_000_003 + i));
    const differing: FuzzQuery[] = [];
    for (const query of [...generated, ...recordedQueries()]) {
      const [ours, theirs] = await Promise.all([textOf(pooled, query), textOf(inline, query)]);
      if (ours !== theirs) differing.push(query);
    }
    expect(differing).toEqual([]);
  },
  120_000,
);
