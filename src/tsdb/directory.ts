// The files of a store: lock, head.db with the log, blocks.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { errorText } from "../base/index.ts";
import { BlockSet } from "./block-set.ts";
import { StorageError } from "./errors.ts";
import type { Head } from "./head/head.ts";
import { HeadDatabase } from "./log/database.ts";
import type { SeriesDeletion } from "./log/definitions.ts";
import { HeadLog } from "./log/head-log.ts";
import { lockDirectory, type DirectoryLock } from "./log/lock.ts";
import { replayLog } from "./log/replay.ts";
import type { StoreOptions } from "./options.ts";

const SYNC_INTERVAL_MS = 5000;

/** What stands behind a store that keeps its samples on disk. */
export interface Directory {
  readonly path: string;
  readonly database: HeadDatabase;
  readonly log: HeadLog;
  readonly blocks: BlockSet;
  /** Undefined: opened without a lock. */
  readonly lock: DirectoryLock | undefined;
  readonly deletions: readonly SeriesDeletion[];
  readonly replayMs: number;
  readonly corruptions: number;
}

/**
 * Opens a data directory, made when it is missing, and brings back the head, which must be empty.
 * @throws StorageError when it is locked, cannot be written or holds a newer format.
 */
export function openDirectory(path: string, head: Head, options: StoreOptions): Directory {
  const { clock, logger, syncIntervalMs = SYNC_INTERVAL_MS } = options;
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new StorageError(`opening storage failed: cannot make directory ${path}`, { cause: error });
  }
  const lock = options.lock === false ? undefined : lockDirectory(join(path, "lock"));
  if (lock?.wasClean === false) logger.warn("the last run did not end cleanly; its lock was taken over");
  let database: HeadDatabase | undefined;
  try {
    const started = clock.monotonic();
    database = new HeadDatabase(join(path, "head.db"));
    const blocks = new BlockSet(join(path, "blocks"), database, logger);
    const { deletions, corruptions, isExact } = replayLog(head, database, logger);
    // A block that was put there by hand may overlap the head and must not hide it.
    head.floor = database.headFrom() ?? blocks.end;
    const log = new HeadLog(head, database, { clock, logger, syncIntervalMs });
    if (!isExact) log.rewriteDefinitions(deletions);
    const replayMs = clock.monotonic() - started;
    logger.info("head replayed", {
      series: head.index.count,
      blocks: blocks.count,
      ms: Math.round(replayMs),
    });
    return { path, database, log, blocks, lock, deletions, replayMs, corruptions };
  } catch (error) {
    database?.close();
    lock?.release();
    if (error instanceof StorageError) throw error;
    throw new StorageError(`opening storage in ${path} failed: ${errorText(error)}`, { cause: error });
  }
}

/** Commits and syncs what is pending and lets go of the files. */
export async function closeDirectory(directory: Directory): Promise<void> {
  try {
    await directory.log.close();
  } finally {
    directory.blocks.close();
    directory.database.close();
    directory.lock?.release();
  }
}
