// The log: hears of every change of the head, keeps it as bytes and commits it to head.db in groups.

import { closeSync, fdatasync, openSync, statSync } from "node:fs";
import { promisify } from "node:util";
import { ByteWriter, errorText, type Clock, type Logger, type Timer } from "../../base/index.ts";
import type { ColumnId, Histogram } from "../../model/index.ts";
import { StorageError } from "../errors.ts";
import type { ChangeLog, Head, RowChange } from "../head/head.ts";
import type { TableId } from "../table/table-id.ts";
import { checkpointAside } from "./checkpoint.ts";
import type { HeadDatabase } from "./database.ts";
import { DefinitionWriter, type SeriesDeletion } from "./definitions.ts";
import { writeHistogramRecord, writeRow, writeSealRecord } from "./row-records.ts";

// Rows of a scrape wait this long for others to share their commit.
const GROUP_MS = 100;
const RETRY_MS = 1000;
// A commit comes early when this much is waiting.
const PENDING_BYTES = 4 * 2 ** 20;
// Buffers above this size are given back after a commit.
const BUFFER_BYTES_MAX = 2 ** 20;
// The WAL is moved to the file when this much was committed since the last time.
const CHECKPOINT_BYTES = 16 * 2 ** 20;
const HELD_BYTES_MAX = 64 * 2 ** 20;

export interface HeadLogOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Most time in ms that a committed change may be lost in a power cut; 0: none, each commit is synced. */
  readonly syncIntervalMs: number;
  /** Most bytes that are kept in memory while the disk takes no commits. Default 64 MiB. */
  readonly heldBytesMax?: number;
}

/** What the log needs of head.db. */
export type LogDatabase = Pick<
  HeadDatabase,
  "path" | "transaction" | "addDefinitions" | "clearDefinitions" | "addRows" | "windows" | "dropWindow"
>;

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

const syncFile = promisify(fdatasync);

export class HeadLog implements ChangeLog {
  readonly #head: Head;
  readonly #database: LogDatabase;
  readonly #options: HeadLogOptions;
  readonly #definitions: DefinitionWriter;
  #pendingDefinitions = new ByteWriter();
  readonly #pendingRows = new Map<number, ByteWriter>(); // By start of the window.
  #lastWindow: ByteWriter | undefined;
  #pendingBytes = 0;
  #waiters: Waiter[] = [];
  #timer: Timer | undefined;
  #isCommitDue = false;
  #walFile = -1; // File descriptor.
  #unsynced = false;
  #syncTimer: Timer | undefined;
  #failure: StorageError | undefined;
  #replacesDefinitions = false;
  #bytesSinceCheckpoint = 0;
  #checkpoint: Promise<void> | undefined;
  #isOpen = true;
  commitFailures = 0;
  /** Bytes of the definitions in the database. */
  definitionBytes = 0;

  /** The head must be as the database has it. */
  constructor(head: Head, database: LogDatabase, options: HeadLogOptions) {
    this.#head = head;
    this.#database = database;
    this.#options = options;
    this.#definitions = new DefinitionWriter(head);
    this.#definitions.skipAll();
  }

  /** Why commits fail at present, once nothing more can be held back; undefined: changes are taken. */
  get refusal(): StorageError | undefined {
    const { heldBytesMax = HELD_BYTES_MAX } = this.#options;
    return this.#pendingBytes > heldBytesMax ? this.#failure : undefined;
  }

  /** Why the last commit failed; undefined when it did not. */
  get failure(): StorageError | undefined {
    return this.#failure;
  }

  row(change: RowChange): void {
    const windowStart = this.#windowAt(change.time);
    const out = this.#windowOf(windowStart);
    const before = out.length;
    writeRow(this.#head.tables, change, windowStart, out);
    this.#lastWindow = out;
    this.#note(out.length - before);
  }

  seal(table: TableId): void {
    const windowStart = this.#windowAt(this.#head.tables.lastTimes[table]!);
    const out = this.#windowOf(windowStart);
    const before = out.length;
    writeSealRecord(this.#head.tables, table, windowStart, out);
    this.#note(out.length - before);
  }

  histogram(column: ColumnId, histogram: Histogram): void {
    const out = this.#lastWindow!;
    const before = out.length;
    writeHistogramRecord(column, histogram, out);
    this.#note(out.length - before);
  }

  table(table: TableId): void {
    this.#definitions.addTable(table);
    this.#note(0);
  }

  column(table: TableId, column: ColumnId): void {
    this.#definitions.addColumn(table, column);
    this.#note(0);
  }

  deletion(deletion: SeriesDeletion): void {
    this.#definitions.addDeletion(deletion);
    this.#note(0);
  }

  // Start of the window that a time (ms) lies in.
  #windowAt(time: number): number {
    const { blockRangeMs } = this.#head;
    return Math.floor(time / blockRangeMs) * blockRangeMs;
  }

  #windowOf(windowStart: number): ByteWriter {
    let out = this.#pendingRows.get(windowStart);
    if (out === undefined) this.#pendingRows.set(windowStart, (out = new ByteWriter(65536)));
    return out;
  }

  #note(bytes: number): void {
    this.#pendingBytes += bytes;
    this.#timer ??= this.#options.clock.after(GROUP_MS, () => this.#commitOnTimer());
    if (this.#pendingBytes > PENDING_BYTES && this.#failure === undefined) this.#commitSoon();
  }

  /** Resolves when all changes so far are committed (and synced, with a sync interval of 0). */
  committed(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#commitSoon();
    });
  }

  // Requests that arrive together share a commit.
  #commitSoon(): void {
    if (this.#isCommitDue) return;
    this.#isCommitDue = true;
    setImmediate(() => {
      this.#isCommitDue = false;
      this.#commitAndTell();
    });
  }

  #commitOnTimer(): void {
    this.#timer = undefined;
    if (this.#isOpen) this.#commitAndTell();
  }

  #commitAndTell(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    try {
      this.commit();
    } catch (error) {
      for (const waiter of waiters) waiter.reject(error);
      return;
    }
    if (this.#options.syncIntervalMs > 0) {
      for (const waiter of waiters) waiter.resolve();
      return;
    }
    this.#sync().then(
      () => waiters.forEach((waiter) => waiter.resolve()),
      (error: unknown) => waiters.forEach((waiter) => waiter.reject(error)),
    );
  }

  /**
   * Commits all changes so far, and `more` changes of the database with them.
   * @throws StorageError when the disk does not take it; the changes stay pending and are tried again.
   */
  commit(more?: () => void): void {
    this.#definitions.write(this.#pendingDefinitions);
    try {
      this.#database.transaction(() => {
        if (this.#replacesDefinitions) this.#database.clearDefinitions();
        if (this.#pendingDefinitions.length > 0)
          this.#database.addDefinitions(this.#pendingDefinitions.written());
        for (const [windowStart, out] of this.#pendingRows) {
          if (out.length > 0) this.#database.addRows(windowStart, out.written());
        }
        more?.();
      });
    } catch (error) {
      this.#fail(error);
    }
    if (this.#failure !== undefined) this.#options.logger.info("the log takes commits again");
    if (this.#replacesDefinitions) this.definitionBytes = 0;
    this.definitionBytes += this.#pendingDefinitions.length;
    this.#failure = undefined;
    this.#replacesDefinitions = false;
    this.#bytesSinceCheckpoint += this.#pendingDefinitions.length + this.#pendingBytes;
    // Buffers that grew with a burst are not kept.
    if (this.#pendingDefinitions.length < BUFFER_BYTES_MAX) this.#pendingDefinitions.reset();
    else this.#pendingDefinitions = new ByteWriter();
    for (const [windowStart, out] of this.#pendingRows) {
      if (out.length < BUFFER_BYTES_MAX) out.reset();
      else this.#pendingRows.delete(windowStart);
    }
    this.#pendingBytes = 0;
    this.#noteUnsynced();
    if (this.#bytesSinceCheckpoint > CHECKPOINT_BYTES) this.#startCheckpoint();
  }

  #startCheckpoint(): void {
    if (this.#checkpoint !== undefined) return;
    this.#bytesSinceCheckpoint = 0;
    this.#checkpoint = checkpointAside(this.#database.path)
      .catch((error: unknown) =>
        this.#options.logger.error("checkpoint failed", { reason: errorText(error) }),
      )
      .finally(() => (this.#checkpoint = undefined));
  }

  #fail(error: unknown): never {
    this.commitFailures++;
    const failure = new StorageError(`committing to ${this.#database.path} failed`, { cause: error });
    if (this.#failure === undefined) this.#options.logger.error(errorText(failure));
    this.#failure = failure;
    this.#timer ??= this.#options.clock.after(RETRY_MS, () => this.#commitOnTimer());
    throw failure;
  }

  #noteUnsynced(): void {
    this.#unsynced = true;
    if (this.#options.syncIntervalMs === 0) return;
    this.#syncTimer ??= this.#options.clock.after(this.#options.syncIntervalMs, () => {
      this.#syncTimer = undefined;
      this.#sync().catch((error: unknown) => this.#options.logger.error(errorText(error)));
    });
  }

  // Off the main thread, unlike a commit with synchronous = FULL. What SQLite makes of the WAL after a power cut
  // depends on the file alone, not on who synced it.
  async #sync(): Promise<void> {
    if (!this.#unsynced) return;
    this.#unsynced = false;
    if (this.#walFile < 0) this.#walFile = openSync(`${this.#database.path}-wal`, "r");
    try {
      await syncFile(this.#walFile);
    } catch (error) {
      throw new StorageError(`syncing ${this.#database.path}-wal failed`, { cause: error });
    }
  }

  /** Writes all definitions anew, in place of those in the database. @throws StorageError */
  rewriteDefinitions(deletions: readonly SeriesDeletion[]): void {
    this.#definitions.restart();
    for (const deletion of deletions) this.#definitions.addDeletion(deletion);
    this.#pendingDefinitions.reset();
    this.#replacesDefinitions = true;
    this.commit();
  }

  /** Drops the logs of the windows before `before` (ms); to be called within `commit`. */
  dropWindows(before: number): void {
    for (const windowStart of this.#database.windows()) {
      if (windowStart < before) this.#database.dropWindow(windowStart);
    }
    for (const windowStart of this.#pendingRows.keys()) {
      if (windowStart < before) this.#pendingRows.delete(windowStart);
    }
  }

  /** Bytes of head.db and its WAL. */
  bytes(): number {
    return sizeOf(this.#database.path) + sizeOf(`${this.#database.path}-wal`);
  }

  /** Commits and syncs what is pending. Idempotent. @throws StorageError when the disk does not take it. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#timer?.cancel();
    this.#syncTimer?.cancel();
    this.#commitAndTell();
    if (this.#failure !== undefined) throw this.#failure;
    await this.#sync();
    await this.#checkpoint;
    if (this.#walFile >= 0) closeSync(this.#walFile);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
