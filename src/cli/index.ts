import { errorText, NarthexError } from "../base/index.ts";
import { UsageError, type CommandIo } from "./command.ts";
import { runQuery } from "./query.ts";

export type { CommandIo } from "./command.ts";

type Command = (argv: readonly string[], io: CommandIo) => Promise<number>;

const COMMANDS: ReadonlyMap<string, Command> = new Map([["query", runQuery]]);

/** Lines for --help: each client command with what it does. */
export const COMMAND_HELP = "  narthex query instant|range|series|labels SERVER …   ask a running server\n";

/** Whether the first word of the command line is a client command rather than a server flag. */
export function isCommand(word: string | undefined): word is string {
  return word !== undefined && COMMANDS.has(word);
}

/** Runs a client command; failures become one line on stderr. @returns the exit code. */
export async function runCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const [name, ...rest] = argv;
  const command = COMMANDS.get(name ?? "");
  if (command === undefined) {
    io.stderr(`unknown command "${name}"; there are ${[...COMMANDS.keys()].join(", ")}\n`);
    return 1;
  }
  try {
    return await command(rest, io);
  } catch (error) {
    const hint = error instanceof UsageError ? `; see narthex ${name} --help` : "";
    io.stderr(`${name} error: ${error instanceof NarthexError ? error.message : errorText(error)}${hint}\n`);
    return 1;
  }
}
