import { expect, test } from "vitest";
import { createLogger } from "../../../../src/base/index.ts";
import { StorageError, SyncFailedError } from "../../../../src/tsdb/errors.ts";
import { CommitQueue } from "../../../../src/tsdb/log/commit-queue.ts";
import type { Commit, LogSink } from "../../../../src/tsdb/log/commit.ts";
import { HandClock, T0 } from "../model.ts";

/** Notes what it is asked; the next syncs fail, and checkpoints while the flag says so. */
class NotedSink implements LogSink {
  readonly calls: string[] = [];
  failingSyncs = 0;
  checkpointFails = false;

  async commit({ blobs }: Commit): Promise<void> {
    this.calls.push(`commit ${blobs.map(({ seq }) => seq).join()}`);
  }

  async sync(): Promise<void> {
    this.calls.push("sync");
    if (this.failingSyncs === 0) return;
    this.failingSyncs--;
    throw new SyncFailedError("EIO");
  }

  async checkpoint(): Promise<void> {
    this.calls.push("checkpoint");
    if (this.checkpointFails) throw new StorageError("full");
  }

  async renew(): Promise<void> {
    this.calls.push("renew");
  }
}

interface Setup {
  readonly clock: HandClock;
  readonly sink: NotedSink;
  readonly queue: CommitQueue;
  readonly lines: string[];
  hold: StorageError | undefined;
}

function setup(syncIntervalMs = 5000): Setup {
  const clock = new HandClock(T0);
  const sink = new NotedSink();
  const lines: string[] = [];
  const logger = createLogger({
    level: "info",
    format: "logfmt",
    write: (line) => void lines.push(line),
    now: () => 0,
  });
  const all: Setup = { clock, sink, lines, hold: undefined } as Setup;
  const queue = new CommitQueue(sink, { clock, logger, syncIntervalMs, hold: () => all.hold });
  return Object.assign(all, { queue });
}

let lastSeq = 0;

/** Puts a commit of `bytes` bytes; resolves as its waiter is told. */
function put({ queue }: Setup, bytes = 1): Promise<void> {
  const records = new Uint8Array(new SharedArrayBuffer(bytes));
  const blobs = [{ part: "log_0", seq: ++lastSeq, records }];
  return new Promise((resolve, reject) => {
    queue.put({ replacesDefinitions: false, blobs, changes: [] }, [{ resolve, reject }]);
  });
}

async function pass({ clock }: Setup, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 500) {
    clock.advance(Math.min(500, left));
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
  }
}

test("the watermark is the time of the last commit that was synced, never later", async () => {
  const all = setup();
  await put(all);
  await pass(all, 3000);
  await put(all);
  expect(all.queue.durableMs).toBe(T0);
  expect(all.queue.isDurable).toBe(false);
  await pass(all, 2000);
  expect(all.sink.calls.at(-1)).toBe("sync");
  expect(all.queue.durableMs).toBe(T0 + 3000);
  expect(all.queue.isDurable).toBe(true);
});

test("with an interval of 0 a commit is acknowledged after a sync", async () => {
  const all = setup(0);
  lastSeq = 0;
  await Promise.all([put(all), put(all)]);
  expect(all.sink.calls).toEqual(["commit 1", "sync", "commit 2", "sync"]);
});

test("after a failed sync everything since the last good one is committed again, in a new WAL", async () => {
  const all = setup();
  lastSeq = 0;
  await put(all);
  await all.queue.sync();
  await put(all);
  await put(all);
  all.sink.failingSyncs = 1;
  all.sink.calls.length = 0;
  expect(await all.queue.sync()).toBeInstanceOf(StorageError);
  await pass(all, 2000);
  expect(all.sink.calls.slice(0, 5)).toEqual(["sync", "renew", "commit 2", "commit 3", "sync"]);
  expect(all.queue.isDurable).toBe(true);
  expect(all.queue.failure).toBeUndefined();
  expect(all.queue.counts.syncFailures).toBe(1);
});

test("with an interval of 0 a failed sync is not an acknowledgement", async () => {
  const all = setup(0);
  all.sink.failingSyncs = Infinity;
  await expect(put(all)).rejects.toThrow("syncing head.db failed");
});

test("three failed syncs in a minute: read-only until one succeeds, and nothing is forgotten", async () => {
  const all = setup();
  lastSeq = 0;
  await put(all);
  all.sink.failingSyncs = Infinity;
  await all.queue.sync();
  expect(all.queue.failure).toBeUndefined();
  await pass(all, 4000);
  expect(all.queue.counts.syncFailures).toBeGreaterThanOrEqual(3);
  expect(all.queue.failure?.message).toBe("syncing head.db failed");
  const later = put(all);
  all.sink.failingSyncs = 0;
  await pass(all, 4000);
  await later;
  expect(all.queue.failure).toBeUndefined();
  expect(all.sink.calls.at(-1)).toBe("commit 2");
});

test("while the disk holds commits back, who waits is told once; afterwards they go on in order", async () => {
  const all = setup();
  lastSeq = 0;
  all.hold = new StorageError("no room");
  await expect(put(all)).rejects.toThrow("no room");
  await expect(put(all)).rejects.toThrow("no room");
  expect(all.queue.queuedBytes).toBe(2);
  all.hold = undefined;
  await pass(all, 1000);
  expect(all.sink.calls).toEqual(["commit 1", "commit 2"]);
  expect(all.queue.queuedBytes).toBe(0);
});

test("commits wait when the WAL cannot be moved and is as long as it may be", async () => {
  const all = setup();
  all.sink.checkpointFails = true;
  let committed = 0;
  while (committed < 20) {
    const isTaken = await put(all, 16 * 2 ** 20).then(
      () => true,
      () => false,
    );
    if (!isTaken) break;
    committed++;
  }
  expect(committed).toBe(12);
  expect(all.lines.filter((line) => line.includes("checkpoint of head.db failed"))).toHaveLength(1);
  all.sink.checkpointFails = false;
  await pass(all, 3000);
  expect(all.queue.queuedBytes).toBe(0);
});
