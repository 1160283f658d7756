import { PromqlCanceledError, PromqlExecutionError } from "../../promql/index.ts";
import type { EvaluatedQuery, JobControl, JobRunner, QueryJob } from "../evaluate.ts";
import { PooledQuery } from "./pooled-query.ts";
import { PoolThread, type PoolThreadOptions } from "./pool-thread.ts";

export interface QueryPoolOptions extends PoolThreadOptions {
  readonly threads: number; // At least 1.
  /** As `PromqlEngineOptions` has it. */
  readonly defaultSubqueryStepMs: () => number;
}

/**
 * Runs queries on threads of their own, the one that has waited longest first. The threads start with the first query,
 * since a server that is asked nothing long can do without their memory.
 */
export class QueryPool implements JobRunner {
  readonly #options: QueryPoolOptions;
  #threads: readonly PoolThread[] = [];
  readonly #waiting = new Set<PooledQuery>();

  constructor(options: QueryPoolOptions) {
    this.#options = options;
  }

  get restarts(): number {
    return this.#threads.reduce((sum, thread) => sum + thread.restarts, 0);
  }

  /** @throws NarthexError as `evaluateJob`; execution, too, when the worker ends. */
  run(job: QueryJob, control: JobControl): Promise<EvaluatedQuery> {
    if (control.signal?.aborted === true) throw new PromqlCanceledError("expression evaluation");
    const { clock, defaultSubqueryStepMs } = this.#options;
    const onLeft = (): void => void this.#waiting.delete(query);
    const query = new PooledQuery({ job, control, clock, defaultSubqueryStepMs, onLeft });
    this.#waiting.add(query);
    if (this.#threads.length === 0) this.#start();
    this.#next();
    return query.evaluated;
  }

  #start(): void {
    const start = (): PoolThread => new PoolThread(this.#options, () => this.#next());
    this.#threads = Array.from({ length: this.#options.threads }, start);
  }

  #next(): void {
    for (const query of this.#waiting) {
      const thread = this.#threads.find(({ isFree }) => isFree);
      if (thread === undefined) return;
      this.#waiting.delete(query);
      query.runOn(thread);
    }
  }

  /** Ends the workers; what they work on and what waits fails. Idempotent. */
  async close(): Promise<void> {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    await Promise.all(this.#threads.map((thread) => thread.close()));
    for (const query of waiting) query.ended(new PromqlExecutionError("the server is stopping"));
  }
}
