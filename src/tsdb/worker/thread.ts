// The main thread's side of the storage worker. When the thread ends by itself, another one takes its place: requests
// of the log are asked once more, which changes nothing where they had been carried out, and jobs on blocks fail.

import { Worker } from "node:worker_threads";
import { errorText, type Clock, type Logger } from "../../base/index.ts";
import type { BlockMeta } from "../block/index.ts";
import { StorageError } from "../errors.ts";
import type { Commit } from "../log/commit.ts";
import type { LogScan } from "../log/scan.ts";
import type { MergeResult, MergeTask, SnapshotTask, Storage, StoragePaths, WriteTask } from "./contract.ts";
import { fromFailure, type Answer, type JobInput, type JobName, type JobResult } from "./messages.ts";
import type { Request, WorkerStart } from "./messages.ts";

// A worker that cannot even start is not started all the time.
const RESTART_MS = 1000;
// Requests that are asked once more.
const REPEATED: ReadonlySet<JobName> = new Set(["commit", "sync", "checkpoint", "renew", "close"]);

// The program runs from its sources and from what they are built to.
const SOURCE = new URL("./entry.ts", import.meta.url);
const ENTRY = import.meta.url.endsWith(".ts") ? SOURCE : new URL(SOURCE.href.replace(/\.ts$/, ".js"));

interface Pending {
  readonly request: Request;
  readonly resolve: (result: unknown) => void;
  readonly reject: (reason: StorageError) => void;
}

export interface StorageThreadOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  /** What the thread runs. */
  readonly entry?: URL;
}

export class StorageThread implements Storage {
  readonly #start: WorkerStart;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #entry: URL;
  readonly #pending = new Map<number, Pending>(); // By id, ascending.
  #worker: Worker | undefined;
  #lastId = 0;
  #isOpen = true;
  restarts = 0;

  constructor(paths: StoragePaths, { logger, clock, entry = ENTRY }: StorageThreadOptions) {
    this.#start = { paths, stop: new Int32Array(new SharedArrayBuffer(4)) };
    this.#logger = logger;
    this.#clock = clock;
    this.#entry = entry;
    this.#worker = this.#startWorker();
  }

  commit(commit: Commit): Promise<void> {
    return this.#ask("commit", commit);
  }

  sync(): Promise<void> {
    return this.#ask("sync");
  }

  checkpoint(): Promise<void> {
    return this.#ask("checkpoint");
  }

  renew(): Promise<void> {
    return this.#ask("renew");
  }

  write(task: WriteTask): Promise<BlockMeta | undefined> {
    return this.#ask("write", task);
  }

  merge(task: MergeTask): Promise<MergeResult> {
    return this.#ask("merge", task);
  }

  snapshot(task: SnapshotTask): Promise<void> {
    return this.#ask("snapshot", task);
  }

  /** Reads the log before anything else is asked for; nobody may rename or remove it meanwhile. */
  scan(): Promise<LogScan> {
    return this.#ask("scan");
  }

  /** Ends the thread before anything was written. */
  async discard(): Promise<void> {
    this.#isOpen = false;
    this.#pending.clear();
    await this.#worker?.terminate();
  }

  stop(): void {
    Atomics.store(this.#start.stop, 0, 1);
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#ask("close");
    await this.#worker?.terminate();
  }

  #ask<Name extends JobName>(job: Name, ...input: JobInput<Name>): Promise<JobResult<Name>> {
    return new Promise((resolve, reject) => {
      const request = { id: ++this.#lastId, job, input };
      this.#pending.set(request.id, {
        request,
        resolve: (result) => resolve(result as JobResult<Name>),
        reject,
      });
      this.#worker?.ref();
      this.#post(request);
    });
  }

  #post(request: Request): void {
    this.#worker?.postMessage(request);
  }

  #startWorker(): Worker {
    const worker = new Worker(this.#entry, { workerData: this.#start, name: "narthex-storage" });
    worker.on("message", (answer: Answer) => this.#take(answer));
    let reason = "it ended";
    worker.on("error", (error) => (reason = errorText(error)));
    worker.on("exit", () => {
      if (this.#pending.size > 0 || this.#isOpen) this.#replace(reason);
    });
    // Only somebody who waits for an answer keeps the process alive.
    if (this.#pending.size === 0) worker.unref();
    return worker;
  }

  #take(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    if (pending === undefined) return;
    this.#pending.delete(answer.id);
    if (this.#pending.size === 0) this.#worker?.unref();
    if ("failure" in answer) pending.reject(fromFailure(answer.failure));
    else pending.resolve(answer.result);
  }

  #replace(reason: string): void {
    this.restarts++;
    this.#worker = undefined;
    this.#logger.error("the storage worker ended; another one takes its place", { reason });
    for (const [id, { request, reject }] of this.#pending) {
      if (REPEATED.has(request.job)) continue;
      this.#pending.delete(id);
      reject(new StorageError(`the storage worker ended: ${reason}`));
    }
    this.#clock.after(RESTART_MS, () => {
      this.#worker = this.#startWorker();
      for (const { request } of this.#pending.values()) this.#post(request);
    });
  }
}
