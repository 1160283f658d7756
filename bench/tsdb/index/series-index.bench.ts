// Making and finding series by their label sets (src/tsdb/index): 100,000 series of six labels, texts fresh from their
// bytes as a request brings them. NARTHEX_BENCH_SERIES sets the number of series.
import { createRequire } from "node:module";
import { test } from "vitest";
import { labelsFromRecord, seriesId, type Labels } from "../../../src/model/index.ts";
import type * as Index from "../../../src/tsdb/index/series-index.ts";

// Past the test runner's module loader, whose getters would double the cost of calls between modules.
const { SeriesIndex } = createRequire(import.meta.url)(
  "../../../src/tsdb/index/series-index.ts",
) as typeof Index;

const SERIES = Number(process.env["NARTHEX_BENCH_SERIES"] ?? 100_000);
const BATCH = 200;

function fresh(text: string): string {
  return Buffer.from(text).toString();
}

function labelsOf(i: number): Labels {
  const record = {
    __name__: `metric_${i % 100}_total`,
    code: String(i % 7),
    path: `/api/v1/${i % 1000}`,
    job: `job-${i % 4}`,
    instance: `host-${Math.floor(i / 1000)}.example:9100`,
    zone: `zone-${i % 3}`,
  };
  return labelsFromRecord(
    Object.fromEntries(Object.entries(record).map(([name, value]) => [fresh(name), fresh(value)])),
  );
}

/** CPU time in ms, which other work on the machine does not change much. */
function cpuMs(): number {
  return process.cpuUsage().user / 1000;
}

test(`${SERIES} series`, { timeout: 600_000 }, () => {
  const index = new SeriesIndex();
  const timed = (what: string, count: number, work: (labels: Labels) => unknown): void => {
    let spent = 0;
    for (let from = 0; from < count; from += BATCH) {
      const sets = Array.from({ length: BATCH }, (_, k) => labelsOf(((from + k) * 7919) % SERIES));
      const started = cpuMs();
      for (const labels of sets) work(labels);
      spent += cpuMs() - started;
    }
    console.log(`${what}: ${((spent * 1e6) / count).toFixed(0)} ns a series`);
  };
  timed("make", SERIES, (labels) => index.intern(labels));
  for (let turn = 0; turn < 3; turn++) timed("find", 40_000, (labels) => index.find(labels));
  const started = cpuMs();
  for (let id = 0; id < SERIES; id++) index.labels(seriesId(id));
  console.log(`read label sets: ${(((cpuMs() - started) * 1e6) / SERIES).toFixed(0)} ns a series`);
  console.log(`index memory: ${(index.heap.usedBytes / SERIES).toFixed(0)} bytes a series`);
});
