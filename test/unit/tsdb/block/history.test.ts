// A month of history: what opening it and asking for a few series reads. With more series: SERIES=100000 vitest run
// <this file>.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compileMatcher, labelsFromRecord, millis, type Matcher } from "../../../../src/model/index.ts";
import { createSeriesSamples } from "../../../../src/storage/index.ts";
import { openBlock, writeBlock, type BlockReader } from "../../../../src/tsdb/block/index.ts";
import { CacheBudget } from "../../../../src/tsdb/block/page-cache.ts";
import { listSource, type ListedSeries } from "./list-source.ts";

const SERIES = Number(process.env["SERIES"] ?? 5000); // Of each block.
const BLOCKS = 10;
const BLOCK_MS = 3 * 86_400_000;
const ROWS = 1000; // Of each timeline and block: two chunks.
const TARGET_SERIES = 50; // Of each target, which is a timeline.
const GROUP_SIZE = 64;

const directory = mkdtempSync(join(tmpdir(), "narthex-history-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const files: string[] = [];

// One target of five is another one in each block.
function instanceOf(target: number, block: number): string {
  return target % 5 === 4 ? `host-${target}-${block}` : `host-${target}`;
}

beforeAll(async () => {
  const constant = new Float64Array(ROWS).fill(1);
  const counter = Float64Array.from({ length: ROWS }, (_, row) => 1000 + 15 * row);
  const targets = SERIES / TARGET_SERIES;
  for (let block = 0; block < BLOCKS; block++) {
    const from = block * BLOCK_MS;
    const timelines = Array.from({ length: targets }, (_t, target) =>
      Float64Array.from({ length: ROWS }, (_, row) => from + row * (BLOCK_MS / ROWS) + target),
    );
    const series: ListedSeries[] = [];
    for (let target = 0; target < targets; target++) {
      for (let i = 0; i < TARGET_SERIES; i++) {
        const labels = { __name__: `metric_${i}`, instance: instanceOf(target, block), job: "node" };
        series.push({
          labels: labelsFromRecord(labels),
          times: target,
          values: i % 2 === 0 ? constant : counter,
        });
      }
    }
    const source = listSource({ from, to: from + BLOCK_MS, timelines, series });
    const meta = await writeBlock(directory, source, { generation: block + 1, level: 4 });
    files.push(join(directory, meta!.file));
  }
}, 600_000);

/** Reads all samples of the series in the range from all blocks; returns how many there are. */
function readAll(
  readers: readonly BlockReader[],
  matchers: readonly Matcher[],
  from: number,
  to: number,
): number {
  const into = createSeriesSamples();
  let samples = 0;
  for (const reader of readers) {
    const selection = reader.select(matchers.map(compileMatcher), millis(from), millis(to));
    for (let i = 0; i < selection.seriesCount; i++) {
      selection.labels(i);
      selection.read(i, into);
      samples += into.count;
    }
    selection.close();
  }
  return samples;
}

function openAll(): BlockReader[] {
  const cache = new CacheBudget(64 * 2 ** 20);
  return files.map((file) => openBlock(file, { cache }));
}

function pagesOf(readers: readonly BlockReader[]): number[] {
  return readers.map((reader) => reader.stats().pagesRead);
}

const tenSeries: readonly Matcher[] = [
  { kind: "=", name: "__name__", value: "metric_7" },
  { kind: "=~", name: "instance", value: Array.from({ length: 10 }, (_, i) => `host-${i}`).join("|") },
];
// Targets 4 and 9 have other names in each block.
const FOUND = 8;

test("opening reads one page a block, whatever it holds", () => {
  const readers = openAll();
  expect(pagesOf(readers)).toEqual(readers.map(() => 1));
  for (const reader of readers) {
    expect(reader.stats().bytesRead).toBeLessThan(64);
    expect(reader.meta.seriesCount).toBe(SERIES);
    reader.close();
  }
});

test("a query of ten series over all blocks reads only the pages that they are on", () => {
  const readers = openAll();
  expect(readAll(readers, tenSeries, 0, BLOCKS * BLOCK_MS)).toBe(FOUND * BLOCKS * ROWS);
  // The series of one metric follow each other, sorted by instance; those asked for lie in few groups, each with one
  // page a chunk; so do their timelines, which are numbered as the series use them.
  const groups = Math.min(FOUND, Math.ceil(SERIES / TARGET_SERIES / GROUP_SIZE) + 1);
  const chunks = 2;
  const most = {
    header: 1,
    root: 1,
    values: 1 + FOUND + 1, // Of the metric, of each instance, of the job.
    postings: 1 + FOUND,
    series: Math.ceil(groups / 16) + 1,
    timelines: Math.ceil(groups / 16) + 1,
    columns: groups * chunks,
    times: groups * chunks,
  };
  const bound = Object.values(most).reduce((sum, pages) => sum + pages);
  for (const pages of pagesOf(readers)) expect(pages).toBeLessThanOrEqual(bound);
  const read = pagesOf(readers);
  // All of it is in the cache now.
  expect(readAll(readers, tenSeries, 0, BLOCKS * BLOCK_MS)).toBe(FOUND * BLOCKS * ROWS);
  expect(pagesOf(readers)).toEqual(read);
  for (const reader of readers) reader.close();
});

test("a query of an hour reads one chunk of one block", () => {
  const readers = openAll();
  const from = 4 * BLOCK_MS + 86_400_000;
  const whole = openAll();
  readAll(whole, tenSeries, 4 * BLOCK_MS, 5 * BLOCK_MS - 1);
  expect(readAll(readers, tenSeries, from, from + 3_600_000 - 1)).toBeGreaterThan(0);
  const pages = pagesOf(readers);
  expect(pages.filter((_, i) => i !== 4)).toEqual(Array.from({ length: BLOCKS - 1 }, () => 1));
  // Half of the chunks: one page less of columns and one of times for each group.
  expect(pages[4]).toBeLessThan(pagesOf(whole)[4]!);
  for (const reader of [...readers, ...whole]) reader.close();
});

test("blocks share one bounded memory for their pages", () => {
  const budget = new CacheBudget(50_000);
  const readers = files.slice(0, 2).map((file) => openBlock(file, { cache: budget }));
  expect(readAll(readers, [], 0, 2 * BLOCK_MS)).toBe(SERIES * 2 * ROWS);
  expect(budget.bytes).toBeLessThanOrEqual(50_000);
  for (const reader of readers) reader.close();
});
