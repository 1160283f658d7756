import { assert, type Clock } from "../base/index.ts";
import { QueryAbandonedError, QueryExpiredError, QueryQueueFullError } from "./errors.ts";

export interface SlotOptions {
  readonly running: number; // Queries at a time.
  readonly waiting: number; // Queries that may wait for their turn.
  readonly clock: Clock;
}

interface Waiter {
  start(): void;
}

/** Lets a fixed number of queries run at a time; the others wait in order. Source: spec LIM-3. */
export class QuerySlots {
  readonly #options: SlotOptions;
  readonly #waiters = new Set<Waiter>();
  #running = 0;

  constructor(options: SlotOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /**
   * Resolves when a slot is held; the caller gives it back with `release`.
   * @throws QueryExpiredError after `waitMs`, QueryAbandonedError when `signal` aborts first, QueryQueueFullError.
   */
  async acquire(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
    if (waitMs <= 0) throw new QueryExpiredError();
    if (signal?.aborted === true) throw new QueryAbandonedError();
    if (this.#running < this.#options.running) {
      this.#running++;
      return;
    }
    if (this.#waiters.size >= this.#options.waiting) {
      throw new QueryQueueFullError(this.#running, this.#waiters.size);
    }
    await this.#wait(waitMs, signal);
  }

  /** Passes the slot on to the query that has waited longest. */
  release(): void {
    assert(this.#running > 0, "a query slot to give back");
    for (const waiter of this.#waiters) {
      waiter.start();
      return;
    }
    this.#running--;
  }

  #wait(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(waiter);
        timer.cancel();
        signal?.removeEventListener("abort", abandon);
      };
      const waiter: Waiter = {
        start: () => {
          leave();
          resolve();
        },
      };
      const abandon = (): void => {
        leave();
        reject(new QueryAbandonedError());
      };
      const timer = this.#options.clock.after(waitMs, () => {
        leave();
        reject(new QueryExpiredError());
      });
      signal?.addEventListener("abort", abandon, { once: true });
      this.#waiters.add(waiter);
    });
  }
}
