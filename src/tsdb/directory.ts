// The files of a store: lock, head.db with the log, blocks.

import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { errorText, type Logger } from "../base/index.ts";
import { BlockSet } from "./block-set.ts";
import { StorageError } from "./errors.ts";
import { holdsPrometheusFiles } from "./foreign-files.ts";
import { Head, type HeadOptions } from "./head/head.ts";
import { HeadDatabase, isDamage, type Catalogue } from "./log/database.ts";
import type { SeriesDeletion } from "./log/definitions.ts";
import { DiskSpace } from "./log/disk-space.ts";
import { HeadLog, type HeadLogOptions } from "./log/head-log.ts";
import { lockDirectory, type DirectoryLock } from "./log/lock.ts";
import { NOTHING_REPLAYED, Replay, type ReplayOutcome } from "./log/replay.ts";
import { scanLog, type LogScan } from "./log/scan.ts";
import { otherWork } from "./maintenance/flush.ts";
import { salvage } from "./maintenance/salvage.ts";
import type { StoreOptions } from "./options.ts";
import type { Storage } from "./worker/contract.ts";
import { StorageJobs } from "./worker/jobs.ts";
import { StorageThread } from "./worker/thread.ts";

const SYNC_INTERVAL_MS = 5000;
// A log of this size is looked through in 20 ms; a thread takes 150 ms and more to start.
const SCAN_BYTES_MAX = 32 * 2 ** 20;
// The replay lets other work run after this long.
const REPLAY_SLICE_MS = 20;

/** What stands behind a store that keeps its samples on disk. */
export interface Directory {
  readonly path: string;
  readonly head: Head;
  readonly log: HeadLog;
  readonly blocks: BlockSet;
  readonly worker: Storage;
  readonly space: DiskSpace;
  /** Millis; blocks hold what is before. */
  readonly headFrom: number;
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
    if (holdsPrometheusFiles(path)) {
      const command = "narthex tsdb import-prometheus";
      options.logger.warn("the files of a Prometheus TSDB in the data directory are not read", {
        path,
        command,
      });
    }
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
  const { clock, logger } = options;
  const started = clock.monotonic();
  const paths = { database: join(path, "head.db"), blocks: join(path, "blocks") };
  // Starts while the log is read; it looks at the files when it is asked to commit.
  const worker = options.hasWorker === false ? undefined : new StorageThread(paths, options);
  try {
    const files = await readHead(path, headOptions, { options, worker });
    const { head, replay, stored } = files;
    files.database?.close();
    const storage = worker ?? new StorageJobs(paths, new Int32Array(1));
    const { floors, pinned } = replay;
    const source = { head, worker: storage, lastBlobs: stored.lastBlobs, floors, pinned };
    const { log, space } = openLog(path, source, options);
    const blocks = new BlockSet(paths.blocks, stored.catalogue, { log, logger, gate: head.gate });
    // Before the first flush the head answers for all its rows: a block that was put there by hand, or whose
    // registration a power cut took back, may overlap them and must not hide them.
    const headFrom = stored.headFrom ?? (head.maxTime === -Infinity ? blocks.end : -Infinity);
    head.floor = headFrom;
    log.definitionBytes = replay.definitionBytes;
    if (!replay.isExact) await log.rewriteDefinitions(replay.deletions);
    await space.look();
    const replayMs = clock.monotonic() - started;
    const ms = Math.round(replayMs);
    logger.info("head replayed", { series: head.index.count, blocks: blocks.count, ms });
    const { deletions, corruptions } = replay;
    return {
      path,
      head,
      log,
      blocks,
      worker: storage,
      space,
      headFrom,
      lock,
      deletions,
      replayMs,
      corruptions,
    };
  } catch (error) {
    await worker?.discard();
    throw error;
  }
}

/** Who reads the log. */
interface LogReaders {
  readonly options: StoreOptions;
  readonly worker: StorageThread | undefined;
}

async function readHead(path: string, headOptions: HeadOptions, readers: LogReaders): Promise<OpenedHead> {
  const files = await openHead(path, headOptions, readers);
  if (!files.replay.isMalformed) return files;
  await salvage(path, files, readers.options.logger);
  const again = await openHead(path, headOptions, readers);
  const corruptions = files.replay.corruptions + again.replay.corruptions;
  return { ...again, replay: { ...again.replay, corruptions } };
}

function openLog(
  path: string,
  source: Pick<HeadLogOptions, "lastBlobs" | "floors" | "pinned"> & {
    readonly head: Head;
    readonly worker: Storage;
  },
  options: StoreOptions,
): { readonly log: HeadLog; readonly space: DiskSpace } {
  const { clock, logger, syncIntervalMs = SYNC_INTERVAL_MS, minFreeDiskBytes = 0 } = options;
  const space = new DiskSpace({
    clock,
    logger,
    path,
    minFreeBytes: minFreeDiskBytes,
    onRoom: () => log.kick(),
  });
  const { head, worker, ...stored } = source;
  const log: HeadLog = new HeadLog(head, worker, {
    ...stored,
    clock,
    logger,
    path: join(path, "head.db"),
    syncIntervalMs,
    hold: () => space.shortage,
    onCommit: () => space.noteWrite(),
    onCheckpointFailure: () => void space.giveReserve(),
  });
  return { log, space };
}

/** head.db and what was read from it; the database is undefined when it cannot be opened at all. */
export interface OpenedHead {
  readonly head: Head;
  readonly database: HeadDatabase | undefined;
  readonly replay: ReplayOutcome;
  readonly stored: StoredFacts;
}

/** What head.db says besides the log. */
interface StoredFacts {
  readonly headFrom: number | undefined; // Millis.
  readonly catalogue: Catalogue;
  readonly lastBlobs: ReadonlyMap<string, number>; // By part.
}

const NOTHING_STORED: StoredFacts = {
  headFrom: undefined,
  catalogue: { files: [], rubbish: [], deletions: [] },
  lastBlobs: new Map(),
};

async function openHead(path: string, headOptions: HeadOptions, readers: LogReaders): Promise<OpenedHead> {
  const { logger } = readers.options;
  const head = new Head(headOptions);
  let database: HeadDatabase;
  try {
    database = new HeadDatabase(join(path, "head.db"));
  } catch (error) {
    if (!isDamage(error)) throw error;
    logger.error("head.db cannot be opened", { reason: errorText(error) });
    const replay = { ...NOTHING_REPLAYED, corruptions: 1, isMalformed: true };
    return { head, database: undefined, replay, stored: NOTHING_STORED };
  }
  try {
    // The worker looks through the log while the definitions are read here; a short one is read before it has started.
    const worker = logBytesAt(database.path) > SCAN_BYTES_MAX ? readers.worker : undefined;
    const scans = worker?.scan().catch(() => undefined);
    const replay = await replayInSteps(new Replay(head, database, logger), {
      scan: async () => (await scans) ?? scanLog(database),
      options: readers.options,
    });
    if (replay.isMalformed) return { head, database, replay, stored: NOTHING_STORED };
    return { head, database, ...storedIn(database, replay, logger) };
  } catch (error) {
    database.close();
    throw error;
  }
}

function logBytesAt(path: string): number {
  const sizes = ["", "-wal"].map((suffix) => statSync(path + suffix, { throwIfNoEntry: false })?.size ?? 0);
  return sizes[0]! + sizes[1]!;
}

// Requests are answered in between, if only with how far it is.
async function replayInSteps(
  replay: Replay,
  { scan, options }: { readonly scan: () => Promise<LogScan>; readonly options: StoreOptions },
): Promise<ReplayOutcome> {
  const { clock, onReplay } = options;
  const run = async (steps: Iterable<void>): Promise<void> => {
    let since = clock.monotonic();
    for (const _ of steps) {
      if (clock.monotonic() - since < REPLAY_SLICE_MS) continue;
      onReplay?.({ ...replay.progress });
      await otherWork();
      since = clock.monotonic();
    }
    onReplay?.({ ...replay.progress });
  };
  await run(replay.readDefinitions());
  await run(replay.readSamples(await scan()));
  return replay.outcome();
}

function storedIn(
  database: HeadDatabase,
  replay: ReplayOutcome,
  logger: Logger,
): { readonly replay: ReplayOutcome; readonly stored: StoredFacts } {
  try {
    const stored = {
      headFrom: database.headFrom(),
      catalogue: database.catalogue(),
      lastBlobs: database.lastBlobs(),
    };
    return { replay, stored };
  } catch (error) {
    if (!isDamage(error)) throw error;
    logger.error("the catalogue of blocks in head.db is damaged", { reason: errorText(error) });
    return { replay: { ...replay, isMalformed: true }, stored: NOTHING_STORED };
  }
}

/** Commits and syncs what is pending and lets go of the files, once `workEnds`. */
export async function closeDirectory(directory: Directory, workEnds: () => Promise<unknown>): Promise<void> {
  try {
    await directory.log.close();
  } finally {
    await workEnds();
    await directory.space.close();
    directory.blocks.close();
    await directory.worker.close();
    directory.lock?.release();
  }
}
