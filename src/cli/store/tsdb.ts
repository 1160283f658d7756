import { UsageError, type CommandIo } from "../command.ts";
import type { StoreTools } from "../store-tools.ts";
import { runAnalyze } from "./analyze.ts";
import { runDump, runDumpOpenMetrics } from "./dump.ts";
import { runCreateBlocksFrom, runImportOpenMetrics } from "./import-openmetrics.ts";
import { runImportPrometheus } from "./import-prometheus.ts";
import { runList } from "./list.ts";
import { runVerify } from "./verify.ts";

type Command = (argv: readonly string[], io: CommandIo, tools: StoreTools) => Promise<number> | number;

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ["import-prometheus", runImportPrometheus],
  ["import-openmetrics", runImportOpenMetrics],
  ["create-blocks-from", runCreateBlocksFrom],
  ["list", runList],
  ["dump", runDump],
  ["dump-openmetrics", runDumpOpenMetrics],
  ["analyze", runAnalyze],
  ["verify", runVerify],
]);

const HELP = `Work on a data directory, most of it also while a server runs on it.

Usage:
  narthex tsdb import-prometheus DIR             take over the history of a Prometheus server
  narthex tsdb import-openmetrics FILE [DIR]     make blocks from OpenMetrics text with timestamps; also as
                                                 narthex tsdb create-blocks-from openmetrics FILE [DIR]
  narthex tsdb list [DIR]                        show its blocks
  narthex tsdb dump [DIR]                        print samples
  narthex tsdb dump-openmetrics [DIR]            print samples for another Prometheus
  narthex tsdb analyze [DIR] [BLOCK]             show where series come from
  narthex tsdb verify [DIR]                      check every byte

narthex tsdb COMMAND --help tells more. See also narthex backup --help and narthex restore --help.
`;

/** `narthex tsdb …`. @returns the exit code. @throws UsageError and what the command throws */
export async function runTsdb(argv: readonly string[], io: CommandIo, tools: StoreTools): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    io.stdout(HELP);
    return name === undefined ? 1 : 0;
  }
  const command = COMMANDS.get(name);
  if (command === undefined) {
    throw new UsageError(`unknown command "tsdb ${name}"; there are ${[...COMMANDS.keys()].join(", ")}`);
  }
  return command(rest, io, tools);
}
