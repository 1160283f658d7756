import type { CommandIo } from "./command.ts";

const TERMINAL_MS = 200;
const LINES_MS = 10_000;

/**
 * Tells on stderr how far long work is: on a terminal one line that changes, elsewhere a line every ten seconds and only
 * when it was asked for.
 */
export class Progress {
  readonly #io: CommandIo;
  readonly #intervalMs: number; // Infinity: nothing is shown.
  readonly #isTerminal: boolean;
  #lastMs: number;
  #width = 0; // Of the line that stands on the terminal.

  constructor(io: CommandIo, isWanted: boolean) {
    this.#io = io;
    this.#isTerminal = io.isTerminal;
    this.#intervalMs = this.#isTerminal ? TERMINAL_MS : isWanted ? LINES_MS : Infinity;
    this.#lastMs = io.now();
  }

  /** `text` is made only when it is shown. */
  show(text: () => string): void {
    const now = this.#io.now();
    if (now - this.#lastMs < this.#intervalMs) return;
    this.#lastMs = now;
    if (!this.#isTerminal) {
      this.#io.stderr(`${text()}\n`);
      return;
    }
    const line = text().slice(0, Math.max(20, this.#io.columns - 1));
    this.#io.stderr(`\r${line.padEnd(this.#width)}`);
    this.#width = line.length;
  }

  /** Clears the line, so that other output may follow. */
  clear(): void {
    if (this.#width > 0) this.#io.stderr(`\r${" ".repeat(this.#width)}\r`);
    this.#width = 0;
  }
}
