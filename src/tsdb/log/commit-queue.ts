// The way of commits to the disk: one at a time, in order, tried again until the disk takes them, and kept in memory
// until they are synced. A sync that failed may have lost what it should have written, although the next one
// succeeds, so everything since the last good one is then written again into a new WAL. Spec REL-2 … REL-4.

import { assert, errorText, type Clock, type Logger, type Timer } from "../../base/index.ts";
import { ReadOnlyError, StorageError, SyncFailedError } from "../errors.ts";
import type { Commit, LogSink } from "./commit.ts";

const RETRY_MS = 1000;
// What is not synced is kept in memory: a sync comes early when it is more than this.
const UNSYNCED_BYTES_MAX = 32 * 2 ** 20;
// The WAL is moved to the file when this much was committed since the last time.
const CHECKPOINT_BYTES = 16 * 2 ** 20;
// While it cannot be moved, commits wait rather than let the WAL grow beyond some 256 MiB.
const CHECKPOINT_BYTES_MAX = 192 * 2 ** 20;
// This many failed syncs within this time: nothing new is taken until one succeeds.
const SYNC_FAILURES_MAX = 3;
const SYNC_FAILURES_MS = 60_000;

export interface CommitQueueOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Most time in ms that a committed change may be lost in a power cut; 0: none, each commit is synced. */
  readonly syncIntervalMs: number;
  /** Why nothing may be written at present; undefined: all is well. */
  readonly hold?: () => StorageError | undefined;
  /** Called after each commit that the disk took. */
  readonly onCommit?: () => void;
  /** Called when the WAL could not be moved to the file. */
  readonly onCheckpointFailure?: () => void;
}

/** A commit with what the queue knows of it. */
interface Entry {
  readonly commit: Commit;
  readonly bytes: number;
  readonly timeMs: number; // Everything appended before is in this commit or in earlier ones.
  readonly waiters: readonly Waiter[];
}

/** Who wants to know of a commit. */
export interface Waiter {
  readonly resolve: () => void;
  /** Called each time the commit fails; it stays queued. */
  readonly reject: (reason: StorageError) => void;
}

/** Counts and times since the start, for own metrics. */
export interface CommitCounts {
  commits: number;
  committedBytes: number;
  commitFailures: number;
  syncs: number;
  syncFailures: number;
  syncMs: number;
  checkpoints: number;
  checkpointFailures: number;
}

export class CommitQueue {
  readonly #sink: LogSink;
  readonly #options: CommitQueueOptions;
  readonly #queued: Entry[] = [];
  #unsynced: Entry[] = [];
  #queuedBytes = 0;
  #unsyncedBytes = 0;
  #durableMs: number;
  #failure: StorageError | undefined;
  #syncFailure: StorageError | undefined;
  #syncFailureTimes: number[] = [];
  #draining: Promise<void> | undefined;
  #syncing: Promise<StorageError | undefined> | undefined;
  #checkpointing: Promise<void> | undefined;
  #isRecovering = false;
  #checkpointFailed = false;
  #bytesSinceCheckpoint = 0;
  #retryTimer: Timer | undefined;
  #syncTimer: Timer | undefined;
  #isOpen = true;
  readonly counts: CommitCounts = {
    commits: 0,
    committedBytes: 0,
    commitFailures: 0,
    syncs: 0,
    syncFailures: 0,
    syncMs: 0,
    checkpoints: 0,
    checkpointFailures: 0,
  };

  constructor(sink: LogSink, options: CommitQueueOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#durableMs = options.clock.now();
  }

  /** Why commits do not reach the disk at present; undefined: they do. */
  get failure(): StorageError | undefined {
    return this.#options.hold?.() ?? this.#failure ?? this.#syncFailure;
  }

  /** Bytes of commits that the disk has not taken yet. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Whether everything that was put is on the disk. */
  get isDurable(): boolean {
    return this.#queued.length === 0 && this.#unsynced.length === 0;
  }

  /** Newest time (ms) such that all commits made up to then are synced. */
  get durableMs(): number {
    return this.#durableMs;
  }

  /** Queues a commit that holds everything up to now. */
  put(commit: Commit, waiters: readonly Waiter[]): void {
    const bytes = commit.blobs.reduce((sum, { records }) => sum + records.length, 0);
    this.#queued.push({ commit, bytes, timeMs: this.#options.clock.now(), waiters });
    this.#queuedBytes += bytes;
    this.kick();
  }

  /** Goes on with what is queued, if anything keeps it from being so. */
  kick(): void {
    if (this.#draining !== undefined || this.#isRecovering) return;
    const draining = this.#drain().finally(() => {
      if (this.#draining === draining) this.#draining = undefined;
      if (this.#queued.length > 0 && this.#retryTimer === undefined) this.kick();
    });
    this.#draining = draining;
  }

  async #drain(): Promise<void> {
    for (let entry = this.#queued[0]; entry !== undefined; entry = this.#queued[0]) {
      const hold = this.#hold();
      if (hold !== undefined) return this.#postpone(hold);
      try {
        await this.#sink.commit(entry.commit);
      } catch (error) {
        this.counts.commitFailures++;
        const failure = new StorageError("committing to head.db failed", { cause: error });
        if (this.#failure === undefined) this.#options.logger.error(errorText(failure));
        this.#failure = failure;
        return this.#postpone(failure);
      }
      this.#queued.shift();
      this.#noteCommitted(entry);
      if (this.#options.syncIntervalMs > 0) for (const waiter of entry.waiters) waiter.resolve();
      else await this.#syncEach(entry);
      if (this.#isRecovering) return;
    }
  }

  #hold(): StorageError | undefined {
    const hold = this.#options.hold?.();
    if (hold !== undefined || this.#bytesSinceCheckpoint < CHECKPOINT_BYTES_MAX) return hold;
    this.#startCheckpoint();
    return new StorageError("the WAL of head.db cannot be moved to the file and is as long as it may be");
  }

  // Who waits is told; what is queued stays so.
  #postpone(failure: StorageError): void {
    this.#tellWaiters(refusal(failure));
    this.#retryTimer ??= this.#options.clock.after(RETRY_MS, () => {
      this.#retryTimer = undefined;
      this.kick();
    });
  }

  #tellWaiters(failure: StorageError): void {
    for (const { waiters } of this.#queued) for (const waiter of waiters) waiter.reject(failure);
  }

  #noteCommitted(entry: Entry): void {
    this.counts.commits++;
    this.counts.committedBytes += entry.bytes;
    if (this.#failure !== undefined) this.#options.logger.info("the log takes commits again");
    this.#failure = undefined;
    this.#queuedBytes -= entry.bytes;
    this.#unsynced.push(entry);
    this.#unsyncedBytes += entry.bytes;
    this.#bytesSinceCheckpoint += entry.bytes;
    if (this.#bytesSinceCheckpoint > CHECKPOINT_BYTES) this.#startCheckpoint();
    this.#options.onCommit?.();
    const { clock, syncIntervalMs } = this.#options;
    if (syncIntervalMs === 0) return;
    if (this.#unsyncedBytes > UNSYNCED_BYTES_MAX) void this.sync();
    this.#syncTimer ??= clock.after(syncIntervalMs, () => {
      this.#syncTimer = undefined;
      void this.sync();
    });
  }

  // With a sync interval of 0 a commit is acknowledged once it is synced.
  async #syncEach(entry: Entry): Promise<void> {
    const failure = await this.sync();
    for (const waiter of entry.waiters) {
      if (failure === undefined) waiter.resolve();
      else waiter.reject(failure);
    }
  }

  /** Syncs what is committed. Resolves with why that failed; recovery then goes on by itself. */
  async sync(): Promise<StorageError | undefined> {
    while (this.#syncing !== undefined) await this.#syncing;
    if (this.#unsynced.length === 0 || this.#isRecovering) return this.#syncFailure;
    this.#syncing = this.#syncNow().finally(() => (this.#syncing = undefined));
    return this.#syncing;
  }

  async #syncNow(): Promise<StorageError | undefined> {
    const count = this.#unsynced.length;
    const started = this.#options.clock.monotonic();
    try {
      await this.#sink.sync();
    } catch (error) {
      const failure = this.#noteSyncFailure(error);
      this.#isRecovering = true;
      void this.#recover();
      return failure;
    } finally {
      this.counts.syncs++;
      this.counts.syncMs += this.#options.clock.monotonic() - started;
    }
    this.#noteSynced(count);
    return undefined;
  }

  #noteSynced(count: number): void {
    const synced = this.#unsynced.splice(0, count);
    for (const { bytes } of synced) this.#unsyncedBytes -= bytes;
    this.#durableMs = synced.at(-1)?.timeMs ?? this.#durableMs;
  }

  #noteSyncFailure(error: unknown): StorageError {
    const failure = new StorageError("syncing head.db failed", { cause: error });
    const now = this.#options.clock.monotonic();
    this.counts.syncFailures++;
    if (!this.#isRecovering)
      this.#options.logger.error(errorText(failure), { unsynced: this.#unsynced.length });
    this.#syncFailureTimes = [...this.#syncFailureTimes, now].filter(
      (time) => now - time <= SYNC_FAILURES_MS,
    );
    if (this.#syncFailureTimes.length >= SYNC_FAILURES_MAX) this.#syncFailure = failure;
    return failure;
  }

  // The WAL is not believed any more: what can be read of it goes to the file, a new one is begun, and everything that
  // was not known to be synced is committed once more.
  async #recover(): Promise<void> {
    await this.#draining;
    const failure = await this.#writeAgain();
    if (failure === undefined) {
      this.#options.logger.info("what was not synced is written again");
      this.#isRecovering = false;
      this.#syncFailure = undefined;
      this.kick();
      return;
    }
    this.#tellWaiters(refusal(failure));
    if (this.#isOpen) this.#options.clock.after(RETRY_MS, () => void this.#recover());
  }

  // Gives why that failed.
  async #writeAgain(): Promise<StorageError | undefined> {
    const count = this.#unsynced.length;
    try {
      await this.#sink.renew();
      for (const { commit } of this.#unsynced) await this.#sink.commit(commit);
      await this.#sink.sync();
    } catch (error) {
      return this.#noteSyncFailure(error);
    }
    this.#noteSynced(count);
    return undefined;
  }

  #startCheckpoint(): void {
    if (this.#checkpointing !== undefined || this.#isRecovering) return;
    this.#checkpointing = this.#checkpoint().finally(() => (this.#checkpointing = undefined));
  }

  async #checkpoint(): Promise<void> {
    const bytes = this.#bytesSinceCheckpoint;
    try {
      await this.#sink.checkpoint();
      this.counts.checkpoints++;
      this.#bytesSinceCheckpoint -= bytes;
      this.#checkpointFailed = false;
    } catch (error) {
      this.#noteCheckpointFailure(error);
    }
  }

  #noteCheckpointFailure(error: unknown): void {
    this.counts.checkpointFailures++;
    this.#options.onCheckpointFailure?.();
    if (error instanceof SyncFailedError && !this.#isRecovering) {
      this.#noteSyncFailure(error);
      this.#isRecovering = true;
      void this.#recover();
    } else if (!this.#checkpointFailed) {
      this.#options.logger.error("checkpoint of head.db failed", { reason: errorText(error) });
    }
    this.#checkpointFailed = true;
  }

  /** Resolves when the last attempt has ended: all is on the disk, or `failure` says why not. */
  async close(): Promise<void> {
    assert(this.#isOpen, "a queue that is closed once");
    this.#isOpen = false;
    this.#syncTimer?.cancel();
    if (this.#draining === undefined) this.kick();
    await this.#draining;
    this.#retryTimer?.cancel();
    await this.sync();
    await this.#checkpointing;
    this.#tellWaiters(this.failure ?? new StorageError("the store is closed"));
  }
}

// What is asked for now may be taken later.
function refusal(failure: StorageError): ReadOnlyError {
  return new ReadOnlyError(`the store is read-only: ${failure.message}`, { cause: failure.cause });
}
