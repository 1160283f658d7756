import type { CommandIo } from "../command.ts";
import type { StoreTools } from "../store-tools.ts";
import { asksForHelp, readWords } from "../words.ts";
import { blockTable } from "./block-table.ts";

const HELP = `List the blocks of a data directory. A server may be running on it.

Usage:
  narthex tsdb list [-r] [DIR]         DIR: the data directory (default data/)

Options:
  -r, --human-readable   dates and sizes for reading

What is not in a block yet is in head.db and not listed.
`;

/** `narthex tsdb list`. @throws UsageError, StorageError */
export function runList(argv: readonly string[], io: CommandIo, tools: StoreTools): number {
  if (asksForHelp(argv)) {
    io.stdout(HELP);
    return 0;
  }
  const words = readWords(argv, {
    positionals: ["the directory"],
    optional: 1,
    options: { "human-readable": "boolean" },
    short: { r: "human-readable" },
  });
  const blocks = tools.list(words.positionals[0] ?? "data/");
  io.stdout(blockTable(blocks, words.flag("human-readable")));
  return 0;
}
