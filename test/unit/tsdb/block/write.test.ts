import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { labelsFromRecord } from "../../../../src/model/index.ts";
import { BlockWriteError, openBlock, writeBlock } from "../../../../src/tsdb/block/index.ts";
import { listSource } from "./list-source.ts";
import { randomBlock } from "./random-source.ts";

const directory = mkdtempSync(join(tmpdir(), "narthex-write-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const block = randomBlock({ seed: 4, from: 0, seriesCount: 65, rowsMax: 30 });

test("a directory that is not there is a typed error with the block's path", async () => {
  const missing = join(directory, "missing");
  const writing = writeBlock(missing, listSource(block), { generation: 1, level: 1 });
  await expect(writing).rejects.toThrow(BlockWriteError);
  await expect(writing).rejects.toThrow(`writing block ${join(missing, "0-7200000-1.db")} failed`);
});

test("a failure half way leaves nothing behind", async () => {
  const folder = join(directory, "half");
  mkdirSync(folder);
  const source = listSource(block);
  let left = 30;
  const read: typeof source.read = (series, into) => {
    if (left-- === 0) throw new Error("the source failed");
    source.read(series, into);
  };
  await expect(writeBlock(folder, { ...source, read }, { generation: 1, level: 1 })).rejects.toThrow(
    "the source failed",
  );
  expect(readdirSync(folder)).toEqual([]);
});

test("a name that cannot be taken is an error, and nothing is left behind", async () => {
  const folder = join(directory, "taken");
  mkdirSync(join(folder, "0-7200000-1.db", "something"), { recursive: true });
  const writing = writeBlock(folder, listSource(block), { generation: 1, level: 1 });
  await expect(writing).rejects.toThrow(BlockWriteError);
  expect(readdirSync(folder)).toEqual(["0-7200000-1.db"]);
});

test("a source without samples makes no file", async () => {
  const folder = join(directory, "empty");
  mkdirSync(folder);
  const empty = listSource({ from: 0, to: 10, timelines: [], series: [] });
  expect(await writeBlock(folder, empty, { generation: 1, level: 1 })).toBe(undefined);
  expect(readdirSync(folder)).toEqual([]);
});

test("other work runs between pages", async () => {
  let breaths = 0;
  const breathe = async (): Promise<void> => {
    breaths++;
  };
  await writeBlock(directory, listSource(block), { generation: 9, level: 1, breathe });
  expect(breaths).toBeGreaterThan(3);
});

test("the returned facts are those of the file, which opens with one page", async () => {
  const labels = labelsFromRecord({ __name__: "up", job: "a" });
  const series = [{ labels, times: Float64Array.of(5, 1000), values: Float64Array.of(1, 0) }];
  const source = listSource({ from: 0, to: 7_200_000, timelines: [], series });
  const meta = (await writeBlock(directory, source, { generation: 3, level: 1 }))!;
  expect(meta).toMatchObject({
    file: "0-7200000-3.db",
    from: 0,
    to: 7_200_000,
    minTime: 5,
    maxTime: 1000,
    generation: 3,
    level: 1,
    seriesCount: 1,
    sampleCount: 2,
    histogramCount: 0,
  });
  const reader = openBlock(join(directory, meta.file));
  expect(reader.meta).toEqual(meta);
  expect(reader.stats()).toMatchObject({ pagesRead: 1, pagesDamaged: 0 });
  reader.close();
  reader.close();
});
