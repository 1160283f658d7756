/** Lets at most `limit` callers in at a time; the others wait in order. 0: no limit. */
export class Gate {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(limit: number) {
    this.#limit = limit === 0 ? Infinity : limit;
  }

  /** Callers inside and waiting. */
  get load(): number {
    return this.#inside + this.#waiting.length;
  }

  /** Runs `work` when it is its turn. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#inside < this.#limit) this.#inside++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // The place goes on to the next caller.
      if (next === undefined) this.#inside--;
      else next();
    }
  }
}
