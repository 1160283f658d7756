import { errorText, NarthexError } from "../base/index.ts";
import { UsageError, type CommandIo } from "./command.ts";
import { runQuery } from "./query.ts";
import { runBackup, runRestore } from "./store/backup.ts";
import { runTsdb } from "./store/tsdb.ts";
import type { StoreTools } from "./store-tools.ts";

export type { CommandIo } from "./command.ts";
export type { StoreTools } from "./store-tools.ts";

type Command = (argv: readonly string[], io: CommandIo, tools: StoreTools) => Promise<number>;

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ["query", runQuery],
  ["tsdb", runTsdb],
  ["backup", runBackup],
  ["restore", runRestore],
]);

/** Lines for --help: each client command with what it does. */
export const COMMAND_HELP = `  narthex query instant|range|series|labels SERVER …   ask a running server
  narthex tsdb import-prometheus DIR                   take over the history of a Prometheus server
  narthex tsdb import-openmetrics FILE [DIR]           make blocks from OpenMetrics text
  narthex tsdb list|dump|analyze|verify …              look at a data directory
  narthex backup FOLDER                                copy a data directory, also of a running server
  narthex restore FOLDER                               fill an empty data directory from a copy
`;

/** Whether the first word of the command line is a client command rather than a server flag. */
export function isCommand(word: string | undefined): word is string {
  return word !== undefined && COMMANDS.has(word);
}

/** Runs a client command; failures become one line on stderr. @returns the exit code. */
export async function runCommand(argv: readonly string[], io: CommandIo, tools: StoreTools): Promise<number> {
  const [name, ...rest] = argv;
  const command = COMMANDS.get(name ?? "");
  if (command === undefined) {
    io.stderr(`unknown command "${name}"; there are ${[...COMMANDS.keys()].join(", ")}\n`);
    return 1;
  }
  try {
    return await command(rest, io, tools);
  } catch (error) {
    const hint = error instanceof UsageError ? `; see narthex ${name} --help` : "";
    io.stderr(`${name} error: ${error instanceof NarthexError ? error.message : errorText(error)}${hint}\n`);
    return 1;
  }
}
