import { PromqlCanceledError, PromqlTimeoutError, type StopReason } from "../errors.ts";

/** Asks now and then whether the evaluation is to stop; called in every loop over series. */
export class Guard {
  readonly #shouldStop: () => StopReason | undefined;
  #untilAsk = 0;

  constructor(shouldStop: () => StopReason | undefined) {
    this.#shouldStop = shouldStop;
  }

  /**
   * `work` is about how many elements were touched since the last call.
   * @throws PromqlTimeoutError, PromqlCanceledError
   */
  check(work: number): void {
    this.#untilAsk -= work + 1;
    if (this.#untilAsk > 0) return;
    // About 0.1 ms of work; asking reads a clock and a shared flag.
    this.#untilAsk = 10_000;
    const reason = this.#shouldStop();
    if (reason === "timeout") throw new PromqlTimeoutError("expression evaluation");
    if (reason === "canceled") throw new PromqlCanceledError("expression evaluation");
  }
}
