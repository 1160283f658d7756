// Blocks whose files were changed in every way that disks and hands can: whatever is read back must have been written,
// what is missing must be counted and told. A longer run: RUNS=500 SERIES=10000 SEED=7 vitest run <this file>.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { bitsOf, isAbsentAt, labelsKey, millis } from "../../../../src/model/index.ts";
import { createSeriesSamples } from "../../../../src/storage/index.ts";
import {
  DamagedBlockError,
  openBlock,
  writeBlock,
  type BlockReader,
} from "../../../../src/tsdb/block/index.ts";
import { listSource, type ListedSeries } from "./list-source.ts";
import { randomBlock, randomStream, type RandomBlock } from "./random-source.ts";

const RUNS = Number(process.env["RUNS"] ?? 90);
const SERIES = Number(process.env["SERIES"] ?? 300);
const SEED = Number(process.env["SEED"] ?? 1);
const SQLITE_PAGE = 2048;
const WARNING = /^samples may be missing: block .*\.db \(1970-.* to 1970-.*\) is damaged$/;

const directory = mkdtempSync(join(tmpdir(), "narthex-mutations-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const block = randomBlock({ seed: SEED, from: 0, seriesCount: SERIES, rowsMax: 60 });
const bySeries = new Map(block.series.map((series) => [labelsKey(series.labels), series]));
const total = block.series.reduce((sum, series) => sum + samplesIn(series), 0);
const other = randomBlock({ seed: SEED, from: 7_200_000, seriesCount: SERIES, rowsMax: 60 });

function samplesIn({ values, histograms }: ListedSeries): number {
  const bits = bitsOf(values);
  let samples = 0;
  for (let row = 0; row < values.length; row++) {
    if (histograms?.[row] !== undefined || !isAbsentAt(bits, row)) samples++;
  }
  return samples;
}

/** A block's file, whole. */
interface Written {
  readonly file: string;
  readonly bytes: Buffer;
}

async function write(source: RandomBlock, generation: number, level: number): Promise<Written> {
  const meta = await writeBlock(directory, listSource(source), { generation, level });
  return { file: meta!.file, bytes: readFileSync(join(directory, meta!.file)) };
}

const levels = [await write(block, 1, 1), await write(block, 2, 2)];
const stranger = await write(other, 3, 1);

/** Changes a file of `bytes`; `pick(n)` is random below n. */
type Mutation = (bytes: Buffer, pick: (below: number) => number) => Buffer;

function somePage(bytes: Buffer, pick: (below: number) => number, pageBytes: number): Buffer {
  const page = pick(Math.ceil(bytes.length / pageBytes));
  return bytes.subarray(page * pageBytes, (page + 1) * pageBytes);
}

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  "a flipped bit": (bytes, pick) => {
    bytes[pick(bytes.length)]! ^= 1 << pick(8);
    return bytes;
  },
  "a zeroed page of 4 KiB": (bytes, pick) => {
    somePage(bytes, pick, 4096).fill(0);
    return bytes;
  },
  "an end that is missing": (bytes, pick) => bytes.subarray(0, pick(bytes.length)),
  "two pages swapped": (bytes, pick) => {
    const one = somePage(bytes, pick, SQLITE_PAGE);
    const two = somePage(bytes, pick, SQLITE_PAGE);
    const kept = Buffer.from(one);
    one.set(two);
    two.set(kept);
    return bytes;
  },
  "a page twice": (bytes, pick) => {
    somePage(bytes, pick, SQLITE_PAGE).set(somePage(bytes, pick, SQLITE_PAGE));
    return bytes;
  },
  "a page of another block": (bytes, pick) => {
    const page = pick(Math.min(bytes.length, stranger.bytes.length) / SQLITE_PAGE);
    stranger.bytes.copy(bytes, page * SQLITE_PAGE, page * SQLITE_PAGE, (page + 1) * SQLITE_PAGE);
    return bytes;
  },
  "another block's file": () => Buffer.from(stranger.bytes),
};

function tryOpen(path: string, onDamage: () => void): BlockReader | undefined {
  try {
    return openBlock(path, { onDamage });
  } catch (thrown) {
    if (!(thrown instanceof DamagedBlockError)) throw thrown;
    expect(thrown.message).toContain(path);
    return undefined;
  }
}

/** What reading everything finds. */
interface Found {
  readonly isOpen: boolean;
  readonly samples: number;
  readonly warnings: readonly string[];
  readonly damages: number;
}

function readAll(path: string): Found {
  let damages = 0;
  const reader = tryOpen(path, () => damages++);
  if (reader === undefined) return { isOpen: false, samples: 0, warnings: [], damages };
  const selection = reader.select([], millis(-1e15), millis(1e15));
  const into = createSeriesSamples();
  let samples = 0;
  for (let i = 0; i < selection.seriesCount; i++) {
    const series = bySeries.get(labelsKey(selection.labels(i)));
    selection.read(i, into);
    expect(series, "a series that was not written").toBeDefined();
    expect(firstWrong(series!, into)).toBe(-1);
    samples += into.count;
  }
  const warnings = selection.warnings();
  selection.close();
  expect(reader.stats().pagesDamaged).toBe(damages);
  reader.close();
  return { isOpen: true, samples, warnings, damages };
}

// Index of the first sample that was not written; -1: none.
function firstWrong(series: ListedSeries, read: ReturnType<typeof createSeriesSamples>): number {
  const times = typeof series.times === "number" ? block.timelines[series.times]! : series.times;
  const written = bitsOf(series.values);
  const found = bitsOf(read.values);
  let row = 0;
  for (let i = 0; i < read.count; i++) {
    while (row < times.length && times[row]! < read.times[i]!) row++;
    if (times[row] !== read.times[i]) return i;
    const histogram = read.histograms?.[i];
    if (histogram !== undefined) {
      if (JSON.stringify(histogram) !== JSON.stringify(series.histograms?.[row])) return i;
    } else if (series.histograms?.[row] !== undefined) return i;
    else if (found[2 * i] !== written[2 * row] || found[2 * i + 1] !== written[2 * row + 1]) return i;
  }
  return -1;
}

test("an intact block has everything and no warnings", () => {
  for (const { file } of levels) {
    const found = readAll(join(directory, file));
    expect(found).toEqual({ isOpen: true, samples: total, warnings: [], damages: 0 });
  }
});

test.each(Object.entries(MUTATIONS))(
  "%s yields no wrong sample, and what is missing is told",
  (name, mutate) => {
    const random = randomStream(SEED + name.length);
    const pick = (below: number): number => Math.floor(random() * below);
    const runs = Math.ceil(RUNS / Object.keys(MUTATIONS).length);
    const untold: number[] = [];
    let closed = 0;
    let lost = 0;
    for (let run = 0; run < runs; run++) {
      const { file, bytes } = levels[run % 2]!;
      const folder = join(directory, "changed");
      mkdirSync(folder, { recursive: true });
      const path = join(folder, file);
      writeFileSync(path, mutate(Buffer.from(bytes), pick));
      const { isOpen, samples, warnings, damages } = readAll(path);
      if (!isOpen) closed++;
      else lost += total - samples;
      expect(samples).toBeLessThanOrEqual(total);
      const isTold = damages > 0 && warnings.length === 1 && WARNING.test(warnings[0]!);
      if (isOpen && samples < total && !isTold) untold.push(run);
      rmSync(folder, { recursive: true });
    }
    expect(untold).toEqual([]);
    // One bit or page may cost the whole block (its header, its root), but one bit does not as a rule.
    const limit = name === "a flipped bit" ? 0.5 : 1;
    expect((closed * total + lost) / (runs * total)).toBeLessThanOrEqual(limit);
  },
);
