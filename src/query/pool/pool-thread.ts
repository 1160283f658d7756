// The main thread's side of one query worker.

import { MessageChannel, Worker, type MessagePort } from "node:worker_threads";
import { assert, errorText, type Clock, type Logger } from "../../base/index.ts";
import { PromqlExecutionError, type StopReason } from "../../promql/index.ts";
import { formatSize } from "../../model/index.ts";
import type { Queryable, Selection, StoreSharing } from "../../storage/index.ts";
import type { QueryJob } from "../evaluate.ts";
import { fromFailure, REPLY_SIGNAL, SIGNAL_COUNT, STOP_REASONS, STOP_SIGNAL, toFailure } from "./messages.ts";
import type {
  EngineSettings,
  FromThread,
  PoolThreadStart,
  PostedAnswer,
  Question,
  Reply,
  ToThread,
} from "./messages.ts";

/** A worker that was told to stop and does not is ended after this time. Source: spec REL-20. */
const STOP_MS = 1000;
/** A worker that cannot even start is not started all the time. */
const RESTART_MS = 1000;
const MIB = 2 ** 20;

/** A store whose selections other threads can read. */
export interface SharedQueryable extends Queryable {
  /** For one thread. */
  shareWith(): StoreSharing;
}

export interface PoolThreadOptions {
  readonly entry: URL; // What the thread runs: calls `serveQueries`.
  readonly queryable: SharedQueryable;
  readonly engine: EngineSettings;
  readonly heapBytesMax: number; // Of the thread's own objects.
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What a thread works on. Each is called with `ended` last, once. */
export interface PoolTask {
  readonly job: QueryJob;
  readonly defaultSubqueryStepMs: number;
  answered(answer: PostedAnswer): void;
  more(bytes: Uint8Array): void;
  /** The thread is free. A failure: there is no answer, or not all of it. */
  ended(failure: Error | undefined): void;
}

/** One worker, and another one in its place when it ends by itself. */
export class PoolThread {
  readonly #options: PoolThreadOptions;
  readonly #onFree: () => void;
  #worker: Worker | undefined;
  #signals: Int32Array = new Int32Array(SIGNAL_COUNT);
  #replies: MessagePort | undefined;
  #sharing: StoreSharing | undefined;
  #task: PoolTask | undefined;
  #isReady = false;
  #isOpen = true;
  // Kept for what the worker reads until it is done.
  readonly #selections: Selection[] = [];
  restarts = 0;

  constructor(options: PoolThreadOptions, onFree: () => void) {
    this.#options = options;
    this.#onFree = onFree;
    this.#start();
  }

  /** Whether a task may be given to it. */
  get isFree(): boolean {
    return this.#isReady && this.#task === undefined;
  }

  run(task: PoolTask): void {
    assert(this.isFree, "a query worker that is free");
    this.#task = task;
    Atomics.store(this.#signals, STOP_SIGNAL, 0);
    this.#worker!.ref();
    const { job, defaultSubqueryStepMs } = task;
    this.#post({ kind: "evaluate", job, defaultSubqueryStepMs });
  }

  /** Tells the worker to stop what it does; one that does not is ended. */
  stop(task: PoolTask, reason: StopReason): void {
    if (this.#task !== task) return;
    const worker = this.#worker!;
    Atomics.store(this.#signals, STOP_SIGNAL, 1 + STOP_REASONS.indexOf(reason));
    this.#post({ kind: "dropped" });
    this.#options.clock.after(STOP_MS, () => {
      if (this.#task === task) void worker.terminate();
    });
  }

  /** So many bytes of the answer were read. */
  taken(task: PoolTask, bytes: number): void {
    if (this.#task === task) this.#post({ kind: "taken", bytes });
  }

  /** Ends the worker; its task fails. */
  async close(): Promise<void> {
    this.#isOpen = false;
    // Whoever waits here is to see the end, even when nothing else keeps the process alive.
    this.#worker?.ref();
    await this.#worker?.terminate();
  }

  #post(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  #start(): void {
    const { entry, engine, queryable, heapBytesMax } = this.#options;
    const { port1, port2 } = new MessageChannel();
    this.#replies = port1;
    this.#signals = new Int32Array(new SharedArrayBuffer(SIGNAL_COUNT * Int32Array.BYTES_PER_ELEMENT));
    this.#sharing = queryable.shareWith();
    const workerData: PoolThreadStart = { engine, signals: this.#signals, replies: port2 };
    const worker = new Worker(entry, {
      workerData,
      transferList: [port2],
      name: "narthex-query",
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(heapBytesMax / MIB) },
    });
    let failure: Error | undefined;
    worker.on("message", (message: FromThread) => this.#take(message));
    worker.on("error", (error) => (failure = error));
    worker.on("exit", () => this.#ended(failure));
    // Only a query keeps the process alive.
    worker.unref();
    port1.unref();
    this.#worker = worker;
  }

  #take(message: FromThread): void {
    switch (message.kind) {
      case "ready":
        this.#isReady = true;
        this.#onFree();
        break;
      case "ask":
        this.#reply(message.question);
        break;
      case "error":
        this.#options.logger.error(message.text, message.fields);
        break;
      case "answer":
        // The answer itself is no part of the store.
        this.#closeSelections();
        this.#task?.answered(message.answer);
        break;
      case "chunk":
        this.#task?.more(message.bytes);
        break;
      case "end":
        if (this.#isOpen) this.#worker!.unref();
        this.#finish(message.failure && fromFailure(message.failure));
        break;
    }
  }

  #reply(question: Question): void {
    const reply = (message: Reply): void => this.#replies?.postMessage(message);
    try {
      reply(this.#carryOut(question));
    } catch (error) {
      reply({ kind: "failure", failure: toFailure(error) });
    }
    Atomics.add(this.#signals, REPLY_SIGNAL, 1);
    Atomics.notify(this.#signals, REPLY_SIGNAL);
  }

  #carryOut(question: Question): Reply {
    const { queryable } = this.#options;
    switch (question.call) {
      case "select": {
        const selection = queryable.select(question.request);
        this.#selections.push(selection);
        const description = selection.describe?.();
        assert(description !== undefined, "a selection that can be described");
        return { kind: "selection", update: this.#sharing!.next(), description };
      }
      case "series":
        return { kind: "result", result: queryable.series(question.request) };
      case "labelNames":
        return { kind: "result", result: queryable.labelNames(question.request) };
      case "labelValues":
        return { kind: "result", result: queryable.labelValues(question.name, question.request) };
    }
  }

  #closeSelections(): void {
    for (const selection of this.#selections) selection.close();
    this.#selections.length = 0;
  }

  #finish(failure: Error | undefined): void {
    this.#closeSelections();
    const task = this.#task;
    this.#task = undefined;
    task?.ended(failure);
    if (this.#isReady) this.#onFree();
  }

  #ended(failure: Error | undefined): void {
    const wasReady = this.#isReady;
    this.#isReady = false;
    this.#worker = undefined;
    this.#replies?.close();
    const reason = endReason(failure, this.#options.heapBytesMax);
    this.#finish(reason);
    if (!this.#isOpen) return;
    this.restarts++;
    const { logger, clock } = this.#options;
    logger.error("a query worker ended; another one takes its place", { reason: reason.message });
    if (wasReady) this.#start();
    else
      clock.after(RESTART_MS, () => {
        if (this.#isOpen) this.#start();
      });
  }
}

function endReason(failure: Error | undefined, heapBytesMax: number): PromqlExecutionError {
  if (failure !== undefined && "code" in failure && failure.code === "ERR_WORKER_OUT_OF_MEMORY") {
    return new PromqlExecutionError(
      `query took more than ${formatSize(heapBytesMax)} of memory in its thread, which was ended; ` +
        "ask for fewer series, a shorter range or a longer step, or raise --query.max-memory",
    );
  }
  const text = failure === undefined ? "it was ended" : errorText(failure);
  return new PromqlExecutionError(`the thread that ran the query ended: ${text}`);
}
