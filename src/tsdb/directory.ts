// The files of a store: lock, head.db with the log, blocks.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { errorText } from "../base/index.ts";
import { BlockSet } from "./block-set.ts";
import { StorageError } from "./errors.ts";
import { Head, type HeadOptions } from "./head/head.ts";
import { HeadDatabase, isDamage } from "./log/database.ts";
import type { SeriesDeletion } from "./log/definitions.ts";
import { HeadLog } from "./log/head-log.ts";
import { lockDirectory, type DirectoryLock } from "./log/lock.ts";
import { replayLog, type ReplayOutcome } from "./log/replay.ts";
import { salvage } from "./maintenance/salvage.ts";
import type { StoreOptions } from "./options.ts";

const SYNC_INTERVAL_MS = 5000;

/** What stands behind a store that keeps its samples on disk. */
export interface Directory {
  readonly path: string;
  readonly head: Head;
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
 * Opens a data directory, made when it is missing, and brings back its head.
 * @throws StorageError when it is locked, cannot be written or holds a newer format.
 */
export async function openDirectory(
  path: string,
  headOptions: HeadOptions,
  options: StoreOptions,
): Promise<Directory> {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new StorageError(`opening storage failed: cannot make directory ${path}`, { cause: error });
  }
  const lock = options.lock === false ? undefined : lockDirectory(join(path, "lock"));
  if (lock?.wasClean === false) {
    options.logger.warn("the last run did not end cleanly; its lock was taken over");
  }
  try {
    return await openFiles(path, lock, headOptions, options);
  } catch (error) {
    lock?.release();
    if (error instanceof StorageError) throw error;
    throw new StorageError(`opening storage in ${path} failed: ${errorText(error)}`, { cause: error });
  }
}

async function openFiles(
  path: string,
  lock: DirectoryLock | undefined,
  headOptions: HeadOptions,
  options: StoreOptions,
): Promise<Directory> {
  const { clock, logger, syncIntervalMs = SYNC_INTERVAL_MS } = options;
  const started = clock.monotonic();
  let files = openHead(path, headOptions, options);
  let { corruptions } = files.replay;
  if (files.replay.isMalformed) {
    await salvage(path, files, logger);
    files = openHead(path, headOptions, options);
    corruptions += files.replay.corruptions;
  }
  const { head, replay } = files;
  const database = files.database!;
  try {
    const blocks = new BlockSet(join(path, "blocks"), database, logger);
    // A block that was put there by hand may overlap the head and must not hide it.
    head.floor = database.headFrom() ?? blocks.end;
    const log = new HeadLog(head, database, { clock, logger, syncIntervalMs });
    log.definitionBytes = replay.definitionBytes;
    if (!replay.isExact) log.rewriteDefinitions(replay.deletions);
    const replayMs = clock.monotonic() - started;
    const ms = Math.round(replayMs);
    logger.info("head replayed", { series: head.index.count, blocks: blocks.count, ms });
    const { deletions } = replay;
    return { path, head, database, log, blocks, lock, deletions, replayMs, corruptions };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** head.db and what was read from it; the database is undefined when it cannot be opened at all. */
export interface OpenedHead {
  readonly head: Head;
  readonly database: HeadDatabase | undefined;
  readonly replay: ReplayOutcome;
}

function openHead(path: string, headOptions: HeadOptions, { logger }: StoreOptions): OpenedHead {
  const head = new Head(headOptions);
  let database: HeadDatabase;
  try {
    database = new HeadDatabase(join(path, "head.db"));
  } catch (error) {
    if (!isDamage(error)) throw error;
    logger.error("head.db cannot be opened", { reason: errorText(error) });
    const replay = { deletions: [], corruptions: 1, isExact: true, definitionBytes: 0, isMalformed: true };
    return { head, database: undefined, replay };
  }
  try {
    return { head, database, replay: replayLog(head, database, logger) };
  } catch (error) {
    database.close();
    throw error;
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
