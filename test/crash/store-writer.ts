// Writes to a store until it is killed or `rounds` are done: says on its output what is acknowledged (WriterEvent).
import { writeSync } from "node:fs";
import { silentLogger } from "../../src/base/index.ts";
import { labelsFromRecord, millis, type Labels, type Matcher } from "../../src/model/index.ts";
import type { SeriesBatch } from "../../src/storage/index.ts";
import { openStore } from "../../src/tsdb/index.ts";
import { callsSoFar } from "../faults/shim.ts";
import {
  BLOCK_RANGE_MS,
  crashHistogram,
  crashValue,
  HISTOGRAM_COUNT,
  SERIES_COUNT,
  STEP_MS,
  type WriterEvent,
} from "./store-values.ts";
import type { WriterOptions } from "./store-run.ts";

const MAINTAIN_ROUNDS = 10;
const LATE_ROUNDS = 3;
const DELETE_ROUNDS = 15;

const options = JSON.parse(process.argv[2]!) as WriterOptions;
let now = options.start;
const calls = callsSoFar(process.env);

function say(event: WriterEvent): void {
  const line = Buffer.from(`${JSON.stringify({ ...event, calls: calls(), wallMs: Date.now() })}\n`);
  for (let at = 0; at < line.length;) at += writeSome(line.subarray(at));
}

// The pipe takes nothing for a moment when who reads it is slow.
function writeSome(bytes: Uint8Array): number {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0;
    throw error;
  }
}

function startTimer(delayMs: number, run: () => void): { cancel(): void } {
  const handle = setTimeout(run, delayMs);
  return { cancel: () => clearTimeout(handle) };
}

const store = await openStore({
  directory: options.directory,
  clock: { now: () => now, monotonic: () => now, after: startTimer },
  logger: silentLogger,
  retentionMs: 0,
  retentionBytes: 0,
  blockRangeMs: BLOCK_RANGE_MS,
  syncIntervalMs: options.syncIntervalMs,
});

const pushed = Array.from({ length: SERIES_COUNT }, (_, i) =>
  labelsFromRecord({ __name__: `pushed_${i}`, job: "crash", instance: `i${i % 2}` }),
);
const table = store.openTable("scraped");
for (let i = 0; i < SERIES_COUNT; i++) table.column(labelsFromRecord({ __name__: `scraped_${i}` }));

function floats(labels: Labels, series: number, time: number): SeriesBatch {
  return {
    labels,
    times: Float64Array.of(time),
    values: Float64Array.of(crashValue(series, time)),
    histograms: [],
  };
}

function batchAt(time: number, lateMs: number): SeriesBatch[] {
  const batch = pushed.map((labels, i) => floats(labels, i, time));
  for (let i = 0; i < HISTOGRAM_COUNT; i++) {
    batch.push({
      labels: labelsFromRecord({ __name__: `histogram_${i}` }),
      times: new Float64Array(0),
      values: new Float64Array(0),
      histograms: [{ time: millis(time), histogram: crashHistogram(i, time) }],
    });
  }
  if (lateMs >= 0) batch.push(floats(labelsFromRecord({ __name__: "late_0" }), 0, time - lateMs));
  return batch;
}

async function deleteSome(series: number): Promise<void> {
  const range = { series, from: now - 12 * STEP_MS, to: now - 4 * STEP_MS };
  const matchers: Matcher[] = [{ kind: "=", name: "__name__", value: `pushed_${series}` }];
  say({ kind: "deleting", ...range });
  await store.deleteSeries([matchers], millis(range.from), millis(range.to));
  say({ kind: "deleted", ...range });
}

store.reconfigure({ outOfOrderWindowMs: options.outOfOrderWindowMs });
for (let round = 1; round <= options.rounds; round++) {
  now += STEP_MS;
  // Late samples come from up to three blocks ago, in an order of their own.
  const isLate = round % LATE_ROUNDS === 0;
  const lateMs = options.outOfOrderWindowMs === 0 ? -1 : isLate ? (((round * 37) % 40) + 1) * STEP_MS : 0;
  say({ kind: "writing", time: now, lateMs });
  const values = Float64Array.from({ length: SERIES_COUNT }, (_, i) => crashValue(i, now));
  table.append({ time: millis(now), values });
  const outcome = await store.appendBatch(batchAt(now, lateMs), "partial");
  const failures = outcome.refusals.filter(({ reason }) => !reason.includes("duplicate"));
  if (failures.length > 0) throw new Error(`refused: ${JSON.stringify(failures)}`);
  say({ kind: "written", time: now });
  const durable = store.stats().durableTimeMs;
  if (durable !== undefined && Number.isFinite(durable)) say({ kind: "durable", time: durable });
  if (round % MAINTAIN_ROUNDS === 0) await store.maintain();
  if (round % DELETE_ROUNDS === 0) await deleteSome(round % SERIES_COUNT);
  if (round === options.snapshotRound) await store.snapshot({ skipHead: false });
  if (round === options.cleanRound) await store.cleanTombstones();
  if (options.pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, options.pauseMs));
}
await store.close();
