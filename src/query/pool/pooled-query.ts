import { PromqlCanceledError, PromqlTimeoutError, type StopReason } from "../../promql/index.ts";
import type { Clock, Timer } from "../../base/index.ts";
import type { EvaluatedQuery, JobControl, QueryJob } from "../evaluate.ts";
import { AnswerStream } from "./answer-stream.ts";
import type { PostedAnswer } from "./messages.ts";
import type { PoolTask, PoolThread } from "./pool-thread.ts";

/** Whoever asked is told that it is over after this time, though the worker may take longer. Source: spec REL-20. */
const GIVE_UP_MS = 150;

export interface PooledQueryOptions {
  readonly job: QueryJob;
  readonly control: JobControl;
  readonly clock: Clock;
  readonly defaultSubqueryStepMs: () => number;
  /** Called when it was stopped before a thread had it. */
  readonly onLeft: () => void;
}

/** One query from its call to the last piece of its answer. */
export class PooledQuery implements PoolTask {
  /** Rejects as `JobRunner.run` does. */
  readonly evaluated: Promise<EvaluatedQuery>;
  readonly #options: PooledQueryOptions;
  readonly #timer: Timer;
  readonly #onAbort = (): void => this.#stop("canceled");
  readonly #cameMs: number; // On the monotonic clock.
  #waitedMs = 0; // For a thread.
  #resolve!: (evaluated: EvaluatedQuery) => void;
  #reject!: (error: Error) => void;
  #thread: PoolThread | undefined;
  #stream: AnswerStream | undefined;
  #stopped: Error | undefined;

  constructor(options: PooledQueryOptions) {
    this.#options = options;
    const { clock, control } = options;
    this.evaluated = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#cameMs = clock.monotonic();
    this.#timer = clock.after(control.timeoutMs, () => this.#stop("timeout"));
    control.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get job(): QueryJob {
    const { job } = this.#options;
    return { ...job, queueMs: job.queueMs + this.#waitedMs };
  }

  get defaultSubqueryStepMs(): number {
    return this.#options.defaultSubqueryStepMs();
  }

  runOn(thread: PoolThread): void {
    this.#waitedMs = this.#options.clock.monotonic() - this.#cameMs;
    this.#thread = thread;
    thread.run(this);
  }

  answered({ first, hasMore, places, ...told }: PostedAnswer): void {
    const thread = this.#thread!;
    if (hasMore) {
      this.#stream = new AnswerStream({
        onTaken: (bytes) => thread.taken(this, bytes),
        onDropped: () => thread.stop(this, "canceled"),
      });
      thread.taken(this, first.length);
    }
    const bytes = Buffer.from(first.buffer, first.byteOffset, first.byteLength);
    const matrix = places && { bytes, places };
    this.#resolve({ ...told, data: { first: bytes, rest: this.#stream }, matrix });
  }

  more(bytes: Uint8Array): void {
    this.#stream!.push(bytes);
  }

  ended(failure: Error | undefined): void {
    this.#timer.cancel();
    this.#options.control.signal?.removeEventListener("abort", this.#onAbort);
    this.#end(failure && (this.#stopped ?? failure));
  }

  #end(error: Error | undefined): void {
    this.#stream?.end(error);
    if (error !== undefined) this.#reject(error);
  }

  #stop(reason: StopReason): void {
    if (this.#stopped !== undefined) return;
    const phase = "expression evaluation";
    const error = reason === "timeout" ? new PromqlTimeoutError(phase) : new PromqlCanceledError(phase);
    this.#stopped = error;
    if (this.#thread === undefined) {
      this.#options.onLeft();
      this.ended(error);
      return;
    }
    this.#thread.stop(this, reason);
    this.#options.clock.after(GIVE_UP_MS, () => this.#end(error));
  }
}
