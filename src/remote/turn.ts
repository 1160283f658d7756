import { setImmediate } from "node:timers/promises";
import type { Clock } from "../base/index.ts";

const TURN_MS = 20; // So long other work of the thread may have to wait.

/** Lets other work of the thread run from time to time, and ends long work whose client went away. */
export class Turn {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #until: number;

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    this.#until = clock.monotonic() + TURN_MS;
  }

  /** Asked between small pieces of work; then it is time to await `pass`. */
  get isOver(): boolean {
    return this.#clock.monotonic() >= this.#until;
  }

  /** @throws the signal's reason once it is aborted. */
  async pass(): Promise<void> {
    await setImmediate();
    this.#signal.throwIfAborted();
    this.#until = this.#clock.monotonic() + TURN_MS;
  }
}
