import { formatSize } from "../../model/index.ts";
import type { CommandIo } from "../command.ts";
import { Progress } from "../progress.ts";
import type { StoreTools } from "../store-tools.ts";
import { asksForHelp, readWords } from "../words.ts";
import { checkText } from "./verify.ts";

const DIRECTORY = "storage.tsdb.path";
const DEFAULT_DIRECTORY = "data/";

const BACKUP_HELP = `Copy a data directory to a new folder, also while a server runs on it: all that it has acknowledged, as of one
moment. The copy is read back in full before it gets its name. It is a data directory itself.

Usage:
  narthex backup FOLDER [--storage.tsdb.path=DIR]

Options:
  --storage.tsdb.path=DIR   the data directory (default data/)
  --progress                tell how far it is also where stderr is no terminal

The configuration and rule files are not part of it.

Example:
  narthex backup /backups/narthex-$(date +%F) --storage.tsdb.path=/var/lib/narthex
`;

const RESTORE_HELP = `Copy a backup to an empty or new data directory. The backup is read through first.

Usage:
  narthex restore FOLDER [--storage.tsdb.path=DIR]

Options:
  --storage.tsdb.path=DIR   the directory to fill (default data/)
  --progress                tell how far it is also where stderr is no terminal

Example:
  narthex restore /backups/narthex-2026-11-24 --storage.tsdb.path=/var/lib/narthex
`;

const RULES = {
  positionals: ["the folder of the backup"],
  options: { [DIRECTORY]: "string", progress: "boolean" },
} as const;

/** `narthex backup`. @throws UsageError, StorageError */
export async function runBackup(argv: readonly string[], io: CommandIo, tools: StoreTools): Promise<number> {
  if (asksForHelp(argv)) {
    io.stdout(BACKUP_HELP);
    return 0;
  }
  const words = readWords(argv, RULES);
  const target = words.positionals[0]!;
  const progress = new Progress(io, words.flag("progress"));
  const summary = tools.backup(words.text(DIRECTORY) ?? DEFAULT_DIRECTORY, target, shown(progress));
  progress.clear();
  io.stdout(`backup ${target} is whole: ${formatSize(summary.bytes)}; ${checkText(summary)}\n`);
  return 0;
}

/** `narthex restore`. @throws UsageError, StorageError */
export async function runRestore(argv: readonly string[], io: CommandIo, tools: StoreTools): Promise<number> {
  if (asksForHelp(argv)) {
    io.stdout(RESTORE_HELP);
    return 0;
  }
  const words = readWords(argv, RULES);
  const directory = words.text(DIRECTORY) ?? DEFAULT_DIRECTORY;
  const progress = new Progress(io, words.flag("progress"));
  const summary = tools.restore(words.positionals[0]!, directory, shown(progress));
  progress.clear();
  io.stdout(`${directory} is restored: ${formatSize(summary.bytes)}; ${checkText(summary)}\n`);
  return 0;
}

function shown(progress: Progress): (step: "copy" | "verify", done: number, total: number) => void {
  return (step, done, total) =>
    progress.show(() => `${step === "copy" ? "copying" : "checking"} block ${done + 1} of ${total}`);
}
