/**
 * Counts open selections, so that what they may read is let go of only after them. Selections opened later see the
 * new state and do not hold anything up.
 */
export class SelectionGate {
  readonly #open = new Map<number, number>(); // Selections by the generation they were opened in.
  #generation = 0;
  #entered = 0;
  #openCount = 0;
  #waiting: { readonly generation: number; readonly run: () => void }[] = [];

  /** Notes a selection; the result ends it and may be called once. */
  enter(): () => void {
    const generation = this.#generation;
    this.#entered++;
    this.#openCount++;
    this.#open.set(generation, (this.#open.get(generation) ?? 0) + 1);
    return () => {
      this.#openCount--;
      const left = this.#open.get(generation)! - 1;
      if (left === 0) this.#open.delete(generation);
      else this.#open.set(generation, left);
      this.#runWaiting();
    };
  }

  /** Calls `run` once all selections that are open now are closed: at once when there are none. */
  afterPresent(run: () => void): void {
    this.#waiting.push({ generation: this.#generation, run });
    this.#generation++;
    this.#runWaiting();
  }

  /** Selections ever noted. */
  get entered(): number {
    return this.#entered;
  }

  get openCount(): number {
    return this.#openCount;
  }

  #runWaiting(): void {
    while (this.#waiting.length > 0) {
      const { generation, run } = this.#waiting[0]!;
      for (const open of this.#open.keys()) if (open <= generation) return;
      this.#waiting.shift();
      run();
    }
  }
}
