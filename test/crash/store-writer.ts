// Appends to a store until it is killed: prints the time of each batch that was acknowledged.
import { writeSync } from "node:fs";
import { silentLogger } from "../../src/base/index.ts";
import { labelsFromRecord, millis } from "../../src/model/index.ts";
import { openStore } from "../../src/tsdb/index.ts";
import { BLOCK_RANGE_MS, crashValue, SERIES_COUNT, STEP_MS } from "./store-values.ts";

const [directory, start] = process.argv.slice(2);
let now = Number(start);
const store = await openStore({
  directory: directory!,
  clock: { now: () => now, monotonic: () => now, after: (delay, run) => startTimer(delay, run) },
  logger: silentLogger,
  retentionMs: 0,
  retentionBytes: 0,
  blockRangeMs: BLOCK_RANGE_MS,
});

function startTimer(delayMs: number, run: () => void): { cancel(): void } {
  const handle = setTimeout(run, delayMs);
  return { cancel: () => clearTimeout(handle) };
}

const labels = Array.from({ length: SERIES_COUNT }, (_, i) =>
  labelsFromRecord({ __name__: `pushed_${i}`, job: "crash", instance: `i${i % 2}` }),
);
const table = store.openTable("scraped");
for (let i = 0; i < SERIES_COUNT; i++) table.column(labelsFromRecord({ __name__: `scraped_${i}` }));

for (let round = 0; ; round++) {
  now += STEP_MS;
  const values = Float64Array.from({ length: SERIES_COUNT }, (_, i) => crashValue(i, now));
  table.append({ time: millis(now), values });
  const batch = labels.map((set, i) => ({
    labels: set,
    times: Float64Array.of(now),
    values: Float64Array.of(crashValue(i, now)),
    histograms: [],
  }));
  const outcome = await store.appendBatch(batch, "all-or-nothing");
  if (outcome.appended !== SERIES_COUNT) throw new Error(`refused: ${JSON.stringify(outcome.refusals)}`);
  writeSync(1, `${now}\n`);
  if (round % 25 === 0) await store.maintain();
}
