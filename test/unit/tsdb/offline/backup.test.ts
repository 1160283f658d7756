import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { millis } from "../../../../src/model/index.ts";
import { openStoreView, restoreBackup, writeBackup } from "../../../../src/tsdb/index.ts";
import { readAll, T0, testStore } from "../model.ts";
import { appendHour, filledStore, HOUR } from "./filled-store.ts";

let folder = "";
let directory = "";
const quiet = (): void => undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "narthex-backup-"));
  directory = join(folder, "data");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a backup of a running store holds what was acknowledged, and the store goes on", async () => {
  const { store, clock } = await filledStore(directory, 7);
  expect(store.blocks().length).toBeGreaterThan(0);
  await store.deleteSeries(
    [[{ kind: "=", name: "__name__", value: "b" }]],
    millis(T0),
    millis(T0 + 5 * HOUR),
  );
  const then = readAll(store);
  const summary = writeBackup(directory, join(folder, "backup"), quiet);
  expect(summary).toMatchObject({ damages: [], blocks: store.blocks().length, headSeries: 4 });
  await appendHour(store, clock, 7);
  await store.maintain();
  await store.close();
  const restored = join(folder, "restored");
  expect(restoreBackup(join(folder, "backup"), restored, quiet).damages).toEqual([]);
  const again = await testStore({ directory: restored, clock });
  expect(readAll(again)).toEqual(then);
  // It is a store like any other.
  await appendHour(again, clock, 7);
  await again.maintain();
  await again.close();
});

test("a view sees one moment and leaves no folder, not even that of one that was killed", async () => {
  const { store, clock } = await filledStore(directory, 5);
  mkdirSync(join(directory, "sandbox-3.tmp"));
  const then = readAll(store);
  const view = await openStoreView(directory, undefined);
  await appendHour(store, clock, 5);
  await appendHour(store, clock, 6);
  await store.maintain();
  expect(readAll({ ...store, select: (request) => view.select(request) })).toEqual(then);
  await view.close();
  await store.close();
  expect(readdirSync(directory).filter((name) => name.startsWith("sandbox"))).toEqual([]);
});

test("a backup goes to a new folder, a restore to an empty one", async () => {
  const { store } = await filledStore(directory, 1);
  await store.close();
  mkdirSync(join(folder, "there"));
  expect(() => writeBackup(directory, join(folder, "there"), quiet)).toThrow("there exists already");
  writeBackup(directory, join(folder, "backup"), quiet);
  expect(() => restoreBackup(join(folder, "backup"), directory, quiet)).toThrow(`${directory} is not empty`);
  expect(() => writeBackup(join(folder, "none"), join(folder, "other"), quiet)).toThrow(
    "there is no directory",
  );
  expect(() => restoreBackup(join(folder, "there"), join(folder, "other"), quiet)).toThrow(
    "is no data directory: it has neither head.db nor a folder blocks",
  );
  expect(readdirSync(folder).toSorted()).toEqual(["backup", "data", "there"]);
});

test("nothing is restored from a damaged backup, and no backup is made of a damaged directory", async () => {
  const { store } = await filledStore(directory, 5);
  await store.close();
  const backup = join(folder, "backup");
  writeBackup(directory, backup, quiet);
  for (const copy of [backup, directory]) {
    const block = join(copy, "blocks", readdirSync(join(copy, "blocks"))[0]!);
    const bytes = readFileSync(block);
    // In the middle of a page's payload, not in SQLite's own head.
    bytes[bytes.length - 300]! ^= 0x40;
    bytes[bytes.length >> 1]! ^= 0x40;
    writeFileSync(block, bytes);
  }
  const restored = join(folder, "restored");
  expect(() => restoreBackup(backup, restored, quiet)).toThrow(
    "is damaged, so that nothing was restored: blocks/",
  );
  expect(() => writeBackup(directory, join(folder, "second"), quiet)).toThrow(
    "is damaged, so that no backup was made: blocks/",
  );
  expect(readdirSync(folder).toSorted()).toEqual(["backup", "data"]);
});
