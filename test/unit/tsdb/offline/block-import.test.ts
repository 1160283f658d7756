import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { millis } from "../../../../src/model/index.ts";
import { beginBlockImport } from "../../../../src/tsdb/index.ts";
import { batchOf, HandClock, readAll, T0, testStore } from "../model.ts";
import { HOUR } from "./filled-store.ts";

let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "narthex-import-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

type Input = Parameters<ReturnType<typeof beginBlockImport>["add"]>[0];

/** One series with a sample a minute. */
function input(name: string, from: number, count: number): Input {
  const times = Float64Array.from({ length: count }, (_, i) => from + i * 60_000);
  const symbols = ["__name__", name];
  return {
    from: millis(from),
    to: millis(times.at(-1)! + 1),
    seriesCount: 1,
    symbolCount: 2,
    symbol: (id) => symbols[id]!,
    labelsMax: 1,
    labelSymbols(_, into) {
      into.set([0, 1]);
      return 2;
    },
    timelineCount: 1,
    timeline: () => times,
    read(_, into) {
      into.timeline = 0;
      into.count = count;
      into.times = times;
      into.values = Float64Array.from(times, (__, i) => i);
      into.histograms = undefined;
    },
  };
}

test("a running store takes new blocks in, and what it has itself stays", async () => {
  const clock = new HandClock(T0 + 10 * HOUR);
  const store = await testStore({ directory, clock });
  await store.appendBatch([batchOf({ __name__: "own" }, [[T0 + 9 * HOUR, 5]])], "all-or-nothing");
  const sink = beginBlockImport(directory);
  await sink.add(input("old", T0, 30), { level: 1 });
  await sink.add(input("old", T0 + 2 * HOUR, 30), { level: 2 });
  await sink.add(input("own", T0 + 9 * HOUR, 2), { level: 1 });
  expect(readAll(store)).toHaveLength(1);
  sink.commit();
  await store.maintain();
  const found = readAll(store).map(({ labels, points }) => [labels[1]!, points.length] as const);
  expect(Object.fromEntries(found)).toEqual({ old: 60, own: 2 });
  await store.appendBatch([batchOf({ __name__: "own" }, [[T0 + 9.5 * HOUR, 6]])], "all-or-nothing");
  await store.close();
  expect(readdirSync(directory).filter((name) => name.startsWith("import"))).toEqual([]);
});

test("a store that is opened later has the blocks and goes on where they end", async () => {
  const sink = beginBlockImport(directory);
  await sink.add(input("old", T0, 30), { level: 1 });
  sink.commit();
  const store = await testStore({ directory, clock: new HandClock(T0 + HOUR) });
  await store.appendBatch([batchOf({ __name__: "old" }, [[T0 + HOUR, 7]])], "all-or-nothing");
  expect(readAll(store)[0]!.points).toHaveLength(31);
  await store.close();
});

test("what is discarded, and what was abandoned, leaves nothing", async () => {
  const abandoned = join(directory, "import-7.tmp");
  mkdirSync(abandoned);
  writeFileSync(join(abandoned, "block"), "half");
  const sink = beginBlockImport(directory);
  const other = beginBlockImport(directory); // Which must not take the first one for abandoned.
  await sink.add(input("old", T0, 30), { level: 1 });
  sink.discard();
  other.discard();
  expect(readdirSync(directory)).toEqual(["blocks"]);
  expect(readdirSync(join(directory, "blocks"))).toEqual([]);
});

test("a source without samples makes no block", async () => {
  const sink = beginBlockImport(directory);
  const empty = {
    ...input("old", T0, 1),
    read: (_: number, into: { count: number }) => void (into.count = 0),
  };
  expect(await sink.add(empty, { level: 1 })).toBeUndefined();
  sink.commit();
  expect(readdirSync(join(directory, "blocks"))).toEqual([]);
});
