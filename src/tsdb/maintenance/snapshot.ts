// Snapshots: a consistent copy that can be opened as a data directory. Spec TSDB-30.

import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Directory } from "../directory.ts";
import type { Head } from "../head/head.ts";
import { copyHead } from "../head/head-copy.ts";
import type { TimeRange } from "../query/run.ts";
import type { WriteTask } from "../worker/contract.ts";

export interface SnapshotContext {
  readonly head: Head;
  readonly directory: Directory;
  readonly headFrom: () => number; // Millis; what is before is read from blocks.
  readonly deleted: () => ReadonlyMap<number, readonly TimeRange[]>;
  /** Calls `work` and lets nothing go of the head until it has ended. */
  readonly whileHeadKeeps: <Result>(work: () => Promise<Result>) => Promise<Result>;
  readonly skipHead: boolean;
  /** Name of the snapshot's directory. */
  readonly name: string;
}

/** `20260131T120000Z-0123456789abcdef`: UTC time and 64 random bits. */
export function snapshotName(nowMs: number, random: Uint8Array): string {
  const time = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, "");
  return `${time}-${Buffer.from(random.subarray(0, 8)).toString("hex")}`;
}

/** Writes a snapshot below `snapshots/`; it has its name once it is whole. @throws BlockWriteError and what the file system throws */
export async function writeSnapshot(context: SnapshotContext): Promise<void> {
  const { directory, name } = context;
  const target = join(directory.path, "snapshots", name);
  const unfinished = `${target}.tmp`;
  try {
    await fill(context, unfinished);
    renameSync(unfinished, target);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    throw error;
  }
}

async function fill(context: SnapshotContext, path: string): Promise<void> {
  const { directory, skipHead } = context;
  const { blocks, worker } = directory;
  const target = join(path, "blocks");
  // A block that head.db does not name counts as well, so without deletions there is nothing for it to say.
  await worker.snapshot({
    target,
    files: blocks.readers().map(({ meta }) => meta.file),
    deletions: blocks.deletions(),
    database: join(path, "head.db"),
  });
  if (!skipHead) await context.whileHeadKeeps(() => writeHead(context, target));
}

// What came late in blocks after the one for the rest: of two samples for one time the first written counts.
async function writeHead(context: SnapshotContext, target: string): Promise<void> {
  const { head, directory } = context;
  const { blocks, worker } = directory;
  const copy = copyHead(head);
  const write = (samples: Pick<WriteTask, "from" | "to" | "late">): Promise<unknown> =>
    worker.write({
      ...samples,
      copy,
      directory: target,
      deleted: context.deleted(),
      generation: blocks.nextGeneration(),
      compact: true,
    });
  if (head.maxTime !== -Infinity) {
    const from = Math.max(head.minTime, context.headFrom());
    await write({ from, to: head.maxTime + 1, late: undefined });
  }
  for (const number of head.late.begin()) {
    const late = head.late.generation(number);
    for (const range of head.late.ranges(number, head.blockRangeMs)) await write({ ...range, late });
  }
}
