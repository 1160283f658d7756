/** What becomes of the pieces of an answer. */
export interface AnswerStreamEvents {
  /** So many bytes were read. */
  readonly onTaken: (bytes: number) => void;
  /** Nobody reads on, though there is more. */
  readonly onDropped: () => void;
}

/** The pieces of an answer as they come from a worker, to be read once. */
export class AnswerStream implements AsyncIterableIterator<Uint8Array> {
  readonly #events: AnswerStreamEvents;
  readonly #pieces: Uint8Array[] = [];
  #state: "open" | "ended" | Error = "open";
  #wake: (() => void) | undefined;

  constructor(events: AnswerStreamEvents) {
    this.#events = events;
  }

  push(piece: Uint8Array): void {
    if (this.#state !== "open") return;
    this.#pieces.push(piece);
    this.#wakeUp();
  }

  /** No more pieces come; with an error when some are missing. */
  end(error?: Error): void {
    if (this.#state !== "open") return;
    if (error !== undefined) this.#pieces.length = 0;
    this.#state = error ?? "ended";
    this.#wakeUp();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @throws what the stream was ended with. */
  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        this.#events.onTaken(piece.length);
        return { done: false, value: piece };
      }
      if (this.#state === "ended") return { done: true, value: undefined };
      if (this.#state !== "open") throw this.#state;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#pieces.length = 0;
    if (this.#state === "open") {
      this.#state = "ended";
      this.#events.onDropped();
    }
    return { done: true, value: undefined };
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
