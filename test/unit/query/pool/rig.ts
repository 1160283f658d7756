import { silentLogger, systemClock, type Clock } from "../../../../src/base/index.ts";
import { createHistogram, labelsFromRecord, millis, type Histogram } from "../../../../src/model/index.ts";
import {
  createPromqlEngine,
  createQueryExecutor,
  QueryPool,
  type EngineSettings,
  type EvaluatedQuery,
  type QueryExecutor,
  type SharedQueryable,
} from "../../../../src/query/index.ts";
import type { SeriesBatch, Store } from "../../../../src/storage/index.ts";
import { openStore } from "../../../../src/tsdb/index.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

export const STEP_MS = 15_000;
const ROWS = 240;
export const START_MS = 1_700_000_010_000;
export const END_MS: number = START_MS + (ROWS - 1) * STEP_MS;

const WORKER = new URL("../../../../src/query-worker.ts", import.meta.url);
const LIMITS = {
  samplesMax: 1e9,
  timeoutMs: 60_000,
  concurrencyMax: 20,
  waitingMax: 100,
  lookbackMs: 300_000,
};
const SETTINGS: EngineSettings = {
  parse: { features: { experimentalFunctions: true } },
  features: { delayedNameRemoval: false, typeAndUnitLabels: false },
  memoryBytesMax: 2 ** 40,
};

/** A store, in memory without a directory, with `count` series of `requests_total` and `info` for each of its instances. */
export async function openFilled(count: number, directory?: string): Promise<Store & SharedQueryable> {
  const store = await openStore({
    directory,
    clock: new FakeClock(END_MS),
    logger: silentLogger,
    retentionMs: 0,
    retentionBytes: 0,
    blockRangeMs: directory === undefined ? 1e9 : 600_000,
  });
  const times = Float64Array.from({ length: ROWS }, (_, row) => START_MS + row * STEP_MS);
  const batch: SeriesBatch[] = [];
  for (let i = 0; i < count; i++) {
    const labels = { __name__: "requests_total", instance: `host-${i}`, job: `job-${i % 5}` };
    const values = times.map((_, row) => ((row * (i + 7)) % 1000) + i / 3);
    batch.push({ labels: labelsFromRecord(labels), times, values, histograms: [] });
  }
  for (let i = 0; i < 5; i++) {
    const labels = { __name__: "target_info", instance: `host-${i}`, job: `job-${i}`, zone: `z${i % 2}` };
    batch.push({ labels: labelsFromRecord(labels), times, values: times.map(() => 1), histograms: [] });
  }
  const none = new Float64Array(0);
  const histograms = Array.from(times, (time, row) => ({ time: millis(time), histogram: histogramOf(row) }));
  const labels = labelsFromRecord({ __name__: "latency" });
  batch.push({ labels, times: none, values: none, histograms });
  await store.appendBatch(batch, "all-or-nothing");
  return store as Store & SharedQueryable;
}

function histogramOf(row: number): Histogram {
  return createHistogram({
    count: 3 * row,
    sum: row * 1.5,
    positiveSpans: [{ offset: 0, length: 2 }],
    positiveBuckets: [2 * row, row],
  });
}

const defaultSubqueryStepMs = (): number => 60_000;

export interface RigOptions {
  readonly clock?: Clock;
  readonly entry?: URL;
  readonly heapBytesMax?: number;
  readonly onError?: (text: string) => void;
}

export interface Rig {
  readonly inline: QueryExecutor;
  readonly pooled: QueryExecutor;
  readonly pool: QueryPool;
}

/** Two executors over one store: on this thread, and on a worker. */
export function setUp(store: Store & SharedQueryable, options: RigOptions = {}): Rig {
  const { clock = systemClock, entry = WORKER, heapBytesMax = 2 ** 30, onError } = options;
  const engine = createPromqlEngine({ queryable: store, ...SETTINGS, defaultSubqueryStepMs, clock });
  const logger = { ...silentLogger, error: (text: string) => onError?.(text) };
  const pool = new QueryPool({
    threads: 1,
    entry,
    queryable: store,
    engine: SETTINGS,
    heapBytesMax,
    defaultSubqueryStepMs,
    clock,
    logger,
  });
  const inline = createQueryExecutor({ engine, limits: LIMITS, clock });
  const pooled = createQueryExecutor({ engine, limits: LIMITS, clock, runner: pool });
  return { inline, pooled, pool };
}

/** The whole answer: bytes as text, and what comes beside them. */
export async function wholeOf(evaluated: EvaluatedQuery): Promise<unknown> {
  const { data, warnings, infos, isEmpty, samplesRead } = evaluated;
  const chunks = [data.first];
  for await (const chunk of data.rest ?? []) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8");
  return { text, warnings, infos, isEmpty, samplesRead };
}
