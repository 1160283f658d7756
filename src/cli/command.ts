import { NarthexError } from "../base/index.ts";

/** Where a command reads its surroundings and writes its output; tests pass their own. */
export interface CommandIo {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void; // Warnings and errors.
  readonly now: () => number; // Milliseconds since 1970.
  readonly columns: number; // Width of the terminal in characters.
  readonly colours: boolean;
  readonly isTerminal: boolean; // Whether somebody sees stderr as it is written.
}

/** The words of a command make no sense; shown with a pointer to --help, exit code 1. */
export class UsageError extends NarthexError {
  override readonly name = "UsageError";
  readonly errorType = "bad_data";
}
