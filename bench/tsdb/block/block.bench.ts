import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type * as Model from "../../../src/model/index.ts";
import type { Matcher } from "../../../src/model/index.ts";
import type * as Storage from "../../../src/storage/index.ts";
import type * as Block from "../../../src/tsdb/block/index.ts";
import type { BlockReader, BlockSource } from "../../../src/tsdb/block/index.ts";
import { listSource } from "../../../test/unit/tsdb/block/list-source.ts";
import { captureExporter } from "./capture.ts";

// Past the test runner's module loader, whose getters would double the cost of calls between modules.
const load = createRequire(import.meta.url);
const { mergeBlocks, openBlock, writeBlock } = load("../../../src/tsdb/block/index.ts") as typeof Block;
const { compileMatcher, millis } = load("../../../src/model/index.ts") as typeof Model;
const { createSeriesSamples } = load("../../../src/storage/index.ts") as typeof Storage;

const TARGETS = 1000;
const SERIES = 200; // Of each target.
const ROWS = 480;
const BLOCK_MS = 7_200_000;

const directory = mkdtempSync(join(tmpdir(), "narthex-bench-block-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A fleet: three series of five are constant, the others counters. */
function fleet(from: number): BlockSource {
  const symbols = ["__name__", "instance", "job", "mode", "node", "idle", "user", "system", "iowait"];
  const metrics = Array.from({ length: SERIES / 4 }, (_, i) => symbols.push(`node_metric_${i}_total`) - 1);
  const instances = Array.from({ length: TARGETS }, (_, i) => symbols.push(`host-${i}.example.com:9100`) - 1);
  const values = new Float64Array(ROWS);
  const times = new Float64Array(ROWS);
  let state = 1;
  return {
    from: millis(from),
    to: millis(from + BLOCK_MS),
    seriesCount: TARGETS * SERIES,
    symbolCount: symbols.length,
    symbol: (id) => symbols[id]!,
    labelsMax: 4,
    labelSymbols(series, into) {
      const number = series % SERIES;
      into.set([
        0,
        metrics[number >> 2]!,
        1,
        instances[Math.floor(series / SERIES)]!,
        2,
        4,
        3,
        5 + (number & 3),
      ]);
      return 8;
    },
    timelineCount: TARGETS,
    timeline(index) {
      for (let row = 0; row < ROWS; row++) times[row] = from + row * (BLOCK_MS / ROWS) + index;
      return times;
    },
    read(series, into) {
      into.timeline = Math.floor(series / SERIES);
      into.count = ROWS;
      into.values = values;
      into.histograms = undefined;
      let value = series % SERIES;
      for (let row = 0; row < ROWS; row++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        if (series % 5 > 2) value += state >>> 27;
        values[row] = value;
      }
    },
  };
}

/** Reads every sample that a query of these matchers would; returns how many. */
function readAll(reader: BlockReader, matchers: readonly Matcher[]): number {
  const selection = reader.select(matchers.map(compileMatcher), reader.meta.minTime, reader.meta.maxTime);
  const into = createSeriesSamples();
  let samples = 0;
  for (let index = 0; index < selection.seriesCount; index++) {
    selection.read(index, into);
    samples += into.count;
  }
  selection.close();
  return samples;
}

async function timed<Result>(run: () => Promise<Result>): Promise<{ result: Result; ms: number }> {
  const start = performance.now();
  const result = await run();
  return { result, ms: performance.now() - start };
}

test("writing, merging and reading 200,000 series of 480 rows", async ({ bench }) => {
  const first = await timed(() => writeBlock(directory, fleet(0), { generation: 1, level: 1 }));
  const second = await writeBlock(directory, fleet(BLOCK_MS), { generation: 2, level: 1 });
  const meta = first.result!;
  console.log(
    `write: ${((first.ms / meta.sampleCount) * 1e6).toFixed(1)} ns a sample, ` +
      `${(meta.fileBytes / meta.sampleCount).toFixed(3)} bytes a sample`,
  );
  const reader = openBlock(join(directory, meta.file));
  const other = openBlock(join(directory, second!.file));
  const merged = await timed(() => mergeBlocks(directory, [reader, other], { generation: 3, level: 2 }));
  console.log(`merge: ${((merged.ms / merged.result!.sampleCount) * 1e6).toFixed(1)} ns a sample`);
  const metric: Matcher = { kind: "=", name: "__name__", value: "node_metric_3_total" };
  const instance: Matcher = { kind: "=", name: "instance", value: "host-77.example.com:9100" };
  const mode: Matcher = { kind: "=", name: "mode", value: "idle" };
  console.log(
    `one metric: ${readAll(reader, [metric])} samples, one instance: ${readAll(reader, [instance])}, ` +
      `one series: ${readAll(reader, [metric, instance, mode])}`,
  );
  await bench.compare(
    bench("open", () => openBlock(reader.path).close()),
    bench("one series", () => void readAll(reader, [metric, instance, mode])),
    bench("one instance", () => void readAll(reader, [instance])),
    bench("one metric", () => void readAll(reader, [metric])),
    { time: 500 },
  );
  reader.close();
  other.close();
}, 300_000);

// NODE_EXPORTER=<binary> SECONDS=600 npx vitest bench --run bench/tsdb/block
const binary = process.env["NODE_EXPORTER"] ?? "";
test.runIf(binary !== "")(
  "bytes a sample of a real node_exporter",
  async () => {
    const capture = await captureExporter(binary, Number(process.env["SECONDS"] ?? 60));
    const { times } = capture;
    const series = capture.columns.map(({ labels, values }) => ({ labels, times: 0, values }));
    const source = listSource({ from: times[0]!, to: times.at(-1)! + 1, timelines: [times], series });
    for (const level of [1, 2]) {
      const meta = (await writeBlock(directory, source, { generation: 10 + level, level }))!;
      const perSample = (meta.fileBytes / meta.sampleCount).toFixed(3);
      console.log(
        `level ${level}: ${meta.seriesCount} series × ${times.length} rows, ${perSample} bytes a sample`,
      );
      expect(meta.seriesCount).toBe(series.length);
    }
  },
  3_600_000,
);
