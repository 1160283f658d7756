// The work of the storage worker, to be called in whatever thread it runs in.

import { closeSync, copyFileSync, fdatasync, fsyncSync, linkSync, mkdirSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { errorText } from "../../base/index.ts";
import { compileMatcher, millis, type Matcher } from "../../model/index.ts";
import { mergeBlocks, openBlock, writeBlock, type BlockMeta, type Deletion } from "../block/index.ts";
import { StorageError, SyncFailedError } from "../errors.ts";
import { headBlockSource } from "../head/block-source.ts";
import { openHeadCopy } from "../head/head-copy.ts";
import { lateBlockSource } from "../late/block-source.ts";
import type { BlockDeletionRow, Commit } from "../log/commit.ts";
import { HeadDatabase, isFailedSync } from "../log/database.ts";
import type { MergeResult, MergeTask, SnapshotTask, Storage, StoragePaths, WriteTask } from "./contract.ts";

const syncFile = promisify(fdatasync);

/** Whether jobs on blocks have to stop: not 0. */
export type StopFlag = Int32Array;

/** Owns the connection that writes head.db. */
export class StorageJobs implements Storage {
  readonly restarts = 0;
  readonly #paths: StoragePaths;
  readonly #stop: StopFlag;
  #database: HeadDatabase;
  #walFile = -1; // File descriptor.
  #isOpen = true;

  /** @throws StorageError and SqliteError when head.db cannot be opened. */
  constructor(paths: StoragePaths, stop: StopFlag) {
    this.#paths = paths;
    this.#stop = stop;
    this.#database = new HeadDatabase(paths.database);
  }

  async commit(commit: Commit): Promise<void> {
    this.#database.apply(commit);
  }

  // What SQLite makes of the WAL after a power cut depends on the file alone, not on who synced it.
  async sync(): Promise<void> {
    const isFirst = this.#walFile < 0;
    if (isFirst) this.#walFile = openSync(`${this.#paths.database}-wal`, "r");
    try {
      await syncFile(this.#walFile);
      // The names of head.db and its WAL may be new.
      if (isFirst) syncDirectory(dirname(this.#paths.database));
    } catch (error) {
      throw new SyncFailedError(`syncing ${this.#paths.database}-wal failed`, { cause: error });
    }
  }

  async checkpoint(): Promise<void> {
    // Most of the time that a checkpoint takes; commits go on meanwhile.
    await this.sync();
    this.#checkpoint("passive");
  }

  #checkpoint(mode: "passive" | "truncate"): void {
    try {
      this.#database.checkpoint(mode);
    } catch (error) {
      const text = `moving the WAL of ${this.#paths.database} failed`;
      throw isFailedSync(error)
        ? new SyncFailedError(text, { cause: error })
        : new StorageError(text, { cause: error });
    }
  }

  // Files opened anew report no failure of the past.
  async renew(): Promise<void> {
    this.#closeWal();
    this.#database.close();
    this.#database = new HeadDatabase(this.#paths.database);
    this.#checkpoint("truncate");
  }

  async write(task: WriteTask): Promise<BlockMeta | undefined> {
    const { directory, copy, late, from, to, deleted, generation, compact } = task;
    mkdirSync(directory, { recursive: true });
    const head = openHeadCopy(copy);
    const range = { from, to };
    const source =
      late === undefined
        ? headBlockSource(head, range, deleted)
        : lateBlockSource(head.index, late, range, deleted);
    const breathe = (): Promise<void> => this.#breathe();
    return writeBlock(directory, source, { generation, level: 1, compact, breathe });
  }

  async merge({ files, deletions, generation, level }: MergeTask): Promise<MergeResult> {
    const readers = files.map((file) => openBlock(join(this.#paths.blocks, file)));
    try {
      for (const reader of readers) {
        const applying = deletions.filter((deletion) => deletion.generation >= reader.meta.generation);
        reader.setDeletions(applying.map(readDeletion));
      }
      const breathe = (): Promise<void> => this.#breathe();
      const meta = await mergeBlocks(this.#paths.blocks, readers, { generation, level, breathe });
      const damaged = readers.filter((reader) => reader.stats().pagesDamaged > 0);
      return { meta, damaged: damaged.map((reader) => reader.meta.file) };
    } finally {
      for (const reader of readers) reader.close();
    }
  }

  async snapshot({ target, files, deletions, database: path }: SnapshotTask): Promise<void> {
    mkdirSync(target, { recursive: true });
    for (const file of files) {
      copyFile(join(this.#paths.blocks, file), join(target, file));
      await this.#breathe();
    }
    if (deletions.length === 0) return;
    const database = new HeadDatabase(path);
    try {
      const changes = deletions.map((deletion) => ({ kind: "addDeletion", deletion }) as const);
      database.apply({ replacesDefinitions: false, blobs: [], changes });
    } finally {
      database.close();
    }
  }

  // Commits that have come meanwhile go first.
  async #breathe(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (Atomics.load(this.#stop, 0) !== 0) throw new StorageError("stopped: the store is closing");
  }

  stop(): void {
    Atomics.store(this.#stop, 0, 1);
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#closeWal();
    try {
      this.#checkpoint("truncate");
    } finally {
      this.#database.close();
    }
  }

  #closeWal(): void {
    if (this.#walFile >= 0) closeSync(this.#walFile);
    this.#walFile = -1;
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function readDeletion({ matchers, from, to }: BlockDeletionRow): Deletion {
  const compiled = (JSON.parse(matchers) as Matcher[]).map((matcher) => compileMatcher(matcher));
  return { matchers: compiled, from: millis(from), to: millis(to) };
}

// A block never changes, so a second name for its file will do where the file system can give one.
function copyFile(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    try {
      copyFileSync(from, to);
    } catch (copyError) {
      throw new StorageError(`copying block ${from} failed: ${errorText(error)}`, { cause: copyError });
    }
  }
}
