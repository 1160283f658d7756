import type { CommandIo } from "../command.ts";
import { Progress } from "../progress.ts";
import type { CheckReport, StoreTools } from "../store-tools.ts";
import { asksForHelp, readWords } from "../words.ts";

const HELP = `Check a data directory or a backup: the database, the log, the catalogue, and in every block every checksum, the
order of series and times, and the counts. Nothing is changed. A server may be running on it.

Usage:
  narthex tsdb verify [DIR]            DIR: the data directory (default data/)

Options:
  --progress   tell how far it is also where stderr is no terminal

Exit code 0: all is well; 1: damage was found, one line each on stderr.
`;

/** `narthex tsdb verify`. @throws UsageError, StorageError */
export function runVerify(argv: readonly string[], io: CommandIo, tools: StoreTools): number {
  if (asksForHelp(argv)) {
    io.stdout(HELP);
    return 0;
  }
  const words = readWords(argv, {
    positionals: ["the directory"],
    optional: 1,
    options: { progress: "boolean" },
  });
  const progress = new Progress(io, words.flag("progress"));
  const report = tools.verify(words.positionals[0] ?? "data/", (done, total) =>
    progress.show(() => `checking block ${done + 1} of ${total}`),
  );
  progress.clear();
  for (const note of report.notes) io.stderr(`note: ${note}\n`);
  for (const damage of report.damages) io.stderr(`damage: ${damage}\n`);
  io.stdout(`${report.damages.length === 0 ? "sound" : "DAMAGED"}: ${checkText(report)}\n`);
  return report.damages.length === 0 ? 0 : 1;
}

/** What was read, e.g. `12 blocks, 340 pages, 5000 series and 120000 samples in blocks, 400 series in the log`. */
export function checkText(report: CheckReport): string {
  const { blocks, pages, series, samples, headSeries } = report;
  return `${blocks} blocks, ${pages} pages, ${series} series and ${samples} samples in blocks, ${headSeries} series in the log`;
}
