import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { silentLogger, systemClock } from "../../../../src/base/index.ts";
import { StorageError } from "../../../../src/tsdb/errors.ts";
import type { Commit } from "../../../../src/tsdb/log/commit.ts";
import { HeadDatabase } from "../../../../src/tsdb/log/database.ts";
import { StorageThread } from "../../../../src/tsdb/worker/thread.ts";

let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "narthex-worker-"));
  mkdirSync(join(directory, "blocks"));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function open(): StorageThread {
  const paths = { database: join(directory, "head.db"), blocks: join(directory, "blocks") };
  const entry = new URL("./dying-entry.ts", import.meta.url);
  return new StorageThread(paths, { clock: systemClock, logger: silentLogger, entry });
}

function commitOf(seq: number): Commit {
  const records = new Uint8Array(new SharedArrayBuffer(3)).fill(seq);
  return { replacesDefinitions: false, blobs: [{ part: "log_0", seq, records }], changes: [] };
}

function stored(): number[] {
  const database = new HeadDatabase(join(directory, "head.db"));
  const bytes = Array.from(database.blobs("log_0"), ({ records, isSound }) => (isSound ? records[2]! : -1));
  database.close();
  return bytes;
}

test("commits reach head.db in order, and closing leaves no WAL", async () => {
  const thread = open();
  await Promise.all([1, 2, 3].map((seq) => thread.commit(commitOf(seq))));
  await thread.sync();
  await thread.checkpoint();
  await thread.close();
  expect(stored()).toEqual([1, 2, 3]);
  expect(thread.restarts).toBe(0);
});

for (const moment of ["die-before", "die-after"]) {
  test(`a worker that ends at a commit is replaced and the commit is there once: ${moment}`, async () => {
    writeFileSync(join(directory, moment), "");
    const thread = open();
    const merged = thread.merge({ files: ["0-1-1.db"], deletions: [], generation: 2, level: 2 });
    const commits = [thread.commit(commitOf(1)), thread.commit(commitOf(2))];
    await expect(merged).rejects.toThrow(StorageError);
    await Promise.all(commits);
    await thread.commit(commitOf(3));
    expect(thread.restarts).toBe(1);
    await thread.close();
    expect(stored()).toEqual([1, 2, 3]);
  });
}

test("a disk that takes nothing rejects the commit with its reason, and the worker lives on", async () => {
  const thread = open();
  await thread.commit(commitOf(1));
  const { blobs } = commitOf(2);
  const broken = { replacesDefinitions: false, blobs: [{ ...blobs[0]!, part: 'a"b' }], changes: [] };
  await expect(thread.commit(broken)).rejects.toThrow("syntax error");
  await thread.commit(commitOf(2));
  await thread.renew();
  await thread.close();
  expect(stored()).toEqual([1, 2]);
});
