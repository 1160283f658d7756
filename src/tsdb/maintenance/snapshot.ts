// Snapshots: a consistent copy that can be opened as a data directory. Spec TSDB-30.

import { copyFileSync, linkSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeBlock } from "../block/index.ts";
import type { Directory } from "../directory.ts";
import { headBlockSource, stretchOfHead } from "../head/block-source.ts";
import type { Head } from "../head/head.ts";
import { HeadDatabase } from "../log/database.ts";
import type { TimeRange } from "../query/run.ts";
import { otherWork } from "./flush.ts";

export interface SnapshotContext {
  readonly head: Head;
  readonly directory: Directory;
  readonly deleted: ReadonlyMap<number, readonly TimeRange[]>;
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
  const { head, directory, deleted, skipHead } = context;
  const { blocks } = directory;
  const blockPath = join(path, "blocks");
  mkdirSync(blockPath, { recursive: true });
  const database = new HeadDatabase(join(path, "head.db"));
  try {
    for (const { path: file, meta } of blocks.readers()) {
      copyFile(file, join(blockPath, meta.file));
      database.addBlock(meta.file);
    }
    for (const { from, to, generation, source } of blocks.deletionsFrom(0)) {
      database.addDeletion({ matchers: source, from, to, generation });
    }
    if (skipHead || head.maxTime === -Infinity) return;
    const from = Math.max(head.minTime, head.floor);
    const source = headBlockSource(head, stretchOfHead(head, { from, to: head.maxTime + 1 }), deleted);
    const generation = blocks.nextGeneration();
    const meta = await writeBlock(blockPath, source, { generation, level: 1, breathe: otherWork });
    if (meta !== undefined) database.addBlock(meta.file);
  } finally {
    database.close();
  }
}

// A block never changes, so a second name for its file will do where the file system can give one.
function copyFile(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
