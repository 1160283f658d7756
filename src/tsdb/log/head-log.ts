// The log: hears of every change of the head, keeps it as bytes and hands it over in groups, to be committed to head.db.

import { statSync } from "node:fs";
import { assert, ByteWriter, type Clock, type Logger, type Timer } from "../../base/index.ts";
import type { ColumnId, Histogram } from "../../model/index.ts";
import { ReadOnlyError, type StorageError } from "../errors.ts";
import type { ChangeLog, Head, RowChange } from "../head/head.ts";
import type { TableId } from "../table/table-id.ts";
import { CommitQueue, type CommitCounts, type Waiter } from "./commit-queue.ts";
import { DEFINITIONS, partNamed, sealsPart, windowPart } from "./commit.ts";
import type { CatalogueChange, LogBlob, LogSink } from "./commit.ts";
import { DefinitionWriter, type SeriesDeletion } from "./definitions.ts";
import { RowFloors } from "./row-floors.ts";
import { writeHistogramRecord, writeRow } from "./row-records.ts";
import { writeFloorRecord, writeSealRecord } from "./seal-records.ts";

// Rows of a scrape wait this long for others to share their commit.
const GROUP_MS = 100;
// A commit comes early when this much is waiting.
const PENDING_BYTES = 4 * 2 ** 20;
// Buffers above this size are given back after a commit.
const BUFFER_BYTES_MAX = 2 ** 20;
// Commits share memory: making some for each costs more than the commit.
const MEMORY_BYTES = 2 ** 20;
const HELD_BYTES_MAX = 64 * 2 ** 20;

export interface HeadLogOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Path of head.db. */
  readonly path: string;
  /** Most time in ms that a committed change may be lost in a power cut; 0: none, each commit is synced. */
  readonly syncIntervalMs: number;
  /** Number of the last blob of each part that head.db holds. */
  readonly lastBlobs: ReadonlyMap<string, number>;
  /** What the log says: rows of a window (its start in ms) before this blob lie in seals. Absent: all are needed. */
  readonly floors?: ReadonlyMap<number, number>;
  /** Windows whose rows are needed up to their block. */
  readonly pinned?: ReadonlySet<number>;
  /** Most bytes that are kept in memory while the disk takes no commits. Default 64 MiB. */
  readonly heldBytesMax?: number;
  /** Why nothing may be written at present; undefined: all is well. */
  readonly hold?: () => StorageError | undefined;
  /** Called after each commit that the disk took. */
  readonly onCommit?: () => void;
  /** Called when the WAL could not be moved to the file. */
  readonly onCheckpointFailure?: () => void;
}

export class HeadLog implements ChangeLog {
  readonly #head: Head;
  readonly #options: HeadLogOptions;
  readonly #queue: CommitQueue;
  readonly #definitions: DefinitionWriter;
  readonly #pendingDefinitions = new ByteWriter();
  readonly #pendingParts = new Map<string, ByteWriter>(); // By name.
  readonly #lastBlobs: Map<string, number>;
  readonly #floors: RowFloors;
  // Tables whose tiles were sealed before they were full, until their next row tells so.
  readonly #sealedEarly = new Set<TableId>();
  #lastWindow = 0; // Start (ms) of the window of the last row, and where that row went.
  #lastOut: ByteWriter | undefined;
  #pendingBytes = 0;
  // Where commits are copied to, and how much of it is used. Freed when the last commit in it is synced.
  #memory = new Uint8Array(new SharedArrayBuffer(0));
  #memoryUsed = 0;
  #changes: CatalogueChange[] = [];
  #waiters: Waiter[] = [];
  #timer: Timer | undefined;
  #isCommitDue = false;
  #isDirty = false;
  #replacesDefinitions = false;
  // The rest of the definitions that are being written anew; nothing is committed meanwhile.
  #rewriting: Generator<void> | undefined;
  #isOpen = true;
  /** Bytes of the definitions in the database. */
  definitionBytes = 0;

  /** The head must be as the database has it. */
  constructor(head: Head, sink: LogSink, options: HeadLogOptions) {
    this.#head = head;
    this.#options = options;
    this.#queue = new CommitQueue(sink, options);
    this.#lastBlobs = new Map(options.lastBlobs);
    this.#floors = new RowFloors(head, options.floors ?? new Map(), options.pinned ?? new Set());
    this.#definitions = new DefinitionWriter(head);
    this.#definitions.skipAll();
  }

  /** Why rows are refused at present: nothing more can be held back. Undefined: they are taken. */
  get refusal(): StorageError | undefined {
    const { heldBytesMax = HELD_BYTES_MAX } = this.#options;
    return this.#pendingBytes + this.#queue.queuedBytes > heldBytesMax ? this.failure : undefined;
  }

  /** Why what is appended does not reach the disk at present; undefined: it does. */
  get failure(): ReadOnlyError | undefined {
    const cause = this.#queue.failure;
    return cause && new ReadOnlyError("the store is read-only", { cause });
  }

  get counts(): Readonly<CommitCounts> {
    return this.#queue.counts;
  }

  /** Newest time (ms) such that everything appended before is on the disk. */
  get durableMs(): number {
    const { clock } = this.#options;
    return !this.#isDirty && this.#queue.isDurable ? clock.now() : this.#queue.durableMs;
  }

  row(change: RowChange): void {
    const windowStart = this.#windowAt(change.time);
    const out = this.#windowOf(windowStart);
    const before = out.length;
    const { table, openRow } = change;
    let { seals } = change;
    if (openRow < 0 && this.#head.tables.openRows[table] === 0) {
      this.#floors.begin(table, { window: windowStart, blob: this.#nextBlob(windowPart(windowStart)) });
      if (this.#sealedEarly.delete(table)) seals = true;
    }
    writeRow(this.#head.tables, seals === change.seals ? change : { ...change, seals }, windowStart, out);
    this.#floors.noteBytes(out.length - before);
    this.#note(out.length - before);
  }

  seal(table: TableId): void {
    const windowStart = this.#windowAt(this.#head.tables.lastTimes[table]!);
    const out = this.#partOf(sealsPart(windowStart));
    const before = out.length;
    writeSealRecord(this.#head.tables, table, windowStart, out);
    this.#note(out.length - before);
  }

  histogram(column: ColumnId, histogram: Histogram): void {
    const out = this.#lastOut!;
    const before = out.length;
    writeHistogramRecord(column, histogram, out);
    this.#note(out.length - before);
  }

  side(part: string, write: (out: ByteWriter) => void): void {
    const out = this.#partOf(part);
    const before = out.length;
    write(out);
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

  // Where a row goes: mostly where the one before went.
  #windowOf(windowStart: number): ByteWriter {
    if (this.#lastOut === undefined || this.#lastWindow !== windowStart) {
      this.#lastWindow = windowStart;
      this.#lastOut = this.#partOf(windowPart(windowStart));
    }
    return this.#lastOut;
  }

  #partOf(name: string): ByteWriter {
    let out = this.#pendingParts.get(name);
    if (out === undefined) this.#pendingParts.set(name, (out = new ByteWriter(65536)));
    return out;
  }

  #note(bytes: number): void {
    this.#isDirty = true;
    this.#pendingBytes += bytes;
    this.#timer ??= this.#options.clock.after(GROUP_MS, () => {
      this.#timer = undefined;
      if (this.#isOpen) this.#gather();
    });
    if (this.#pendingBytes > PENDING_BYTES && this.#queue.queuedBytes === 0) this.#gatherSoon();
  }

  /** Resolves when all changes so far are committed (and synced, with a sync interval of 0). */
  committed(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#isDirty = true;
      this.#gatherSoon();
    });
  }

  /** Makes changes of the catalogue with the next commit. Resolves when they are made, however long the disk takes. */
  change(...changes: readonly CatalogueChange[]): Promise<void> {
    this.#changes.push(...changes);
    this.#isDirty = true;
    return new Promise((resolve, reject) => {
      // Told of failures again and again, and interested in success only, unless there is none to come.
      const onFailure = (reason: StorageError): void => {
        if (!this.#isOpen) reject(reason);
      };
      this.#waiters.push({ resolve, reject: onFailure });
      this.#gatherSoon();
    });
  }

  /** Resolves when all that is committed is on the disk. @throws StorageError */
  async durable(): Promise<void> {
    await this.committed();
    const failure = await this.#queue.sync();
    if (failure !== undefined) throw failure;
  }

  /** Goes on at once with what is held back. */
  kick(): void {
    this.#queue.kick();
  }

  // Requests that arrive together share a commit.
  #gatherSoon(): void {
    if (this.#isCommitDue) return;
    this.#isCommitDue = true;
    setImmediate(() => {
      this.#isCommitDue = false;
      this.#gather();
    });
  }

  #nextBlob(part: string): number {
    return (this.#lastBlobs.get(part) ?? 0) + 1;
  }

  // Seals tiles that lag behind, and notes which rows need not be read again.
  #raiseFloors(): void {
    const parts = [...new Set([...this.#lastBlobs.keys(), ...this.#pendingParts.keys()])].map(partNamed);
    const windows = parts.filter((part) => part?.kind === "log").map((part) => part!.number);
    const ends = new Map(windows.map((window) => [window, this.#nextBlob(windowPart(window))]));
    const newest = Math.max(...windows);
    for (const table of this.#floors.stragglers({ window: newest, blob: ends.get(newest)! })) {
      this.#head.sealRest(table);
      this.#sealedEarly.add(table);
      this.seal(table);
    }
    // After all seals that they build on.
    const last = Math.max(...parts.filter((part) => part?.kind === "seals").map((part) => part!.number));
    if (last === -Infinity) return;
    for (const floor of this.#floors.raise(ends))
      writeFloorRecord(floor, last, this.#partOf(sealsPart(last)));
  }

  // Copied once, into memory that another thread reads in place and that stays until it is synced.
  #gather(): void {
    if (!this.#isDirty || this.#rewriting !== undefined) return;
    if (this.#floors.isDue) this.#raiseFloors();
    this.#isDirty = false;
    this.#definitions.write(this.#pendingDefinitions);
    const written: { readonly part: string; readonly records: Uint8Array }[] = [];
    if (this.#pendingDefinitions.length > 0) {
      written.push({ part: DEFINITIONS, records: this.#pendingDefinitions.written() });
    }
    for (const [name, out] of this.#pendingParts) {
      if (out.length > 0) written.push({ part: name, records: out.written() });
    }
    const replacesDefinitions = this.#replacesDefinitions;
    if (replacesDefinitions) {
      this.#lastBlobs.delete(DEFINITIONS);
      this.definitionBytes = 0;
    }
    this.definitionBytes += this.#pendingDefinitions.length;
    const commit = { replacesDefinitions, blobs: this.#shared(written), changes: this.#changes };
    const waiters = this.#waiters;
    this.#forgetPending();
    this.#queue.put(commit, waiters);
  }

  #shared(written: readonly { readonly part: string; readonly records: Uint8Array }[]): LogBlob[] {
    const bytes = written.reduce((sum, { records }) => sum + records.length, 0);
    if (bytes > this.#memory.length - this.#memoryUsed) {
      this.#memory = new Uint8Array(new SharedArrayBuffer(Math.max(bytes, MEMORY_BYTES)));
      this.#memoryUsed = 0;
    }
    const memory = this.#memory;
    let at = this.#memoryUsed;
    this.#memoryUsed += bytes;
    return written.map(({ part, records }) => {
      const seq = this.#nextBlob(part);
      this.#lastBlobs.set(part, seq);
      memory.set(records, at);
      at += records.length;
      return { part, seq, records: memory.subarray(at - records.length, at) };
    });
  }

  #forgetPending(): void {
    this.#pendingDefinitions.reset();
    // Buffers that grew with a burst are not kept.
    for (const [name, out] of this.#pendingParts) {
      if (out.length < BUFFER_BYTES_MAX) out.reset();
      else this.#pendingParts.delete(name);
    }
    this.#lastOut = undefined;
    this.#pendingBytes = 0;
    this.#changes = [];
    this.#waiters = [];
    this.#replacesDefinitions = false;
  }

  /**
   * Writes all definitions anew, in place of those in the database, and lets other work run in between; commits wait until
   * it is done. The deletions are all there are; further ones are kept besides.
   */
  async rewriteDefinitions(deletions: readonly SeriesDeletion[]): Promise<void> {
    assert(this.#rewriting === undefined, "one rewriting at a time");
    this.#pendingDefinitions.reset();
    this.#replacesDefinitions = true;
    this.#isDirty = true;
    const rewriting = this.#definitions.rewrite(this.#pendingDefinitions);
    this.#rewriting = rewriting;
    // Makes it forget what was to be written before; deletions come after the series.
    rewriting.next();
    for (const deletion of deletions) this.#definitions.addDeletion(deletion);
    while (this.#rewriting === rewriting && rewriting.next().done !== true) await turnOfOthers();
    if (this.#rewriting === rewriting) this.#endRewriting();
  }

  #endRewriting(): void {
    for (const _ of this.#rewriting ?? []);
    this.#rewriting = undefined;
    this.#gather();
  }

  /**
   * The change that drops the parts of the log that blocks took over: the windows before `before` (ms), and a generation
   * of late samples where one is given. Nothing may be appended to them any more.
   */
  dropped(before: number, late?: number): CatalogueChange {
    const parts: string[] = [];
    for (const name of new Set([...this.#lastBlobs.keys(), ...this.#pendingParts.keys()])) {
      const part = partNamed(name);
      if (part === undefined) continue;
      if (part.kind === "late" ? part.number !== late : part.number >= before) continue;
      parts.push(name);
      this.#lastBlobs.delete(name);
      this.#pendingParts.delete(name);
    }
    this.#lastOut = undefined;
    return { kind: "dropParts", parts };
  }

  /** Bytes of head.db and its WAL. */
  bytes(): number {
    const { path } = this.#options;
    return sizeOf(path) + sizeOf(`${path}-wal`);
  }

  /** Commits and syncs what is pending. Idempotent. @throws StorageError when the disk does not take it. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#timer?.cancel();
    this.#endRewriting();
    await this.#queue.close();
    const failure = this.#queue.failure;
    if (failure !== undefined) throw failure;
  }
}

function turnOfOthers(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
