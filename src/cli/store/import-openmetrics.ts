import { openMetricsInputs, SAMPLES_MAX } from "../../import/index.ts";
import { isValidLabelName, METRIC_NAME } from "../../model/index.ts";
import { UsageError, type CommandIo } from "../command.ts";
import { Progress } from "../progress.ts";
import type { BlockSummary, StoreTools } from "../store-tools.ts";
import { parseDurationArgument } from "../time-arguments.ts";
import { asksForHelp, readWords } from "../words.ts";
import { blockTable } from "./block-table.ts";

const DEFAULT_DIRECTORY = "data/";

const HELP = `Make blocks from a file of OpenMetrics text, where every sample has a timestamp and the last line is # EOF. Either all
of it is taken or nothing. The newest three hours should come from scraping.

Usage:
  narthex tsdb import-openmetrics FILE [DIR]
  narthex tsdb create-blocks-from openmetrics FILE [DIR]     the same, by promtool's name

  DIR   the data directory to add the blocks to (default data/); a server may be running on it and takes them in within
        a minute

Options:
  --label=NAME=VALUE          set on every series; may be given several times
  --max-block-duration=2h     let blocks be longer: 6h, 18h, 54h, …
  -r, --human-readable        dates and sizes for reading
  -q, --quiet                 do not list the blocks
  --progress                  tell how far it is also where stderr is no terminal

Example:
  promtool tsdb dump-openmetrics /var/lib/prometheus > all.om
  narthex tsdb import-openmetrics all.om /var/lib/narthex --label=origin=old
`;

/** `narthex tsdb create-blocks-from`. @throws UsageError and what the import throws */
export async function runCreateBlocksFrom(
  argv: readonly string[],
  io: CommandIo,
  tools: StoreTools,
): Promise<number> {
  const [kind, ...rest] = argv;
  if (kind === "openmetrics" || asksForHelp(argv)) return runImportOpenMetrics(rest, io, tools);
  throw new UsageError(`create-blocks-from: blocks can be made from openmetrics, not from "${kind ?? ""}"`);
}

/** `narthex tsdb import-openmetrics`. @throws UsageError, ImportError, StorageError, BlockWriteError */
export async function runImportOpenMetrics(
  argv: readonly string[],
  io: CommandIo,
  tools: StoreTools,
): Promise<number> {
  if (asksForHelp(argv)) {
    io.stdout(HELP);
    return 0;
  }
  const words = readWords(argv, {
    positionals: ["the file", "the directory"],
    optional: 1,
    options: {
      label: "strings",
      "max-block-duration": "string",
      "human-readable": "boolean",
      quiet: "boolean",
      progress: "boolean",
    },
    short: { r: "human-readable", q: "quiet" },
  });
  const [file, directory = DEFAULT_DIRECTORY] = words.positionals;
  const progress = new Progress(io, words.flag("progress"));
  const inputs = openMetricsInputs(file!, {
    labels: labelOptions(words.texts("label")),
    maxBlockMs: parseDurationArgument("max-block-duration", words.text("max-block-duration") ?? "2h") * 1000,
    samplesMax: SAMPLES_MAX,
    onRead: (bytes, total, pass) =>
      progress.show(() => `${pass === 1 ? "looking through" : "reading"} the file: ${percent(bytes, total)}`),
  });
  const sink = tools.beginImport(directory);
  const blocks: BlockSummary[] = [];
  try {
    for (const input of inputs) {
      const block = await sink.add(input, { level: 1 });
      if (block !== undefined) blocks.push(block);
    }
    sink.commit();
  } finally {
    progress.clear();
    sink.discard();
  }
  if (!words.flag("quiet") && blocks.length > 0) {
    io.stdout(blockTable(blocks, words.flag("human-readable")));
  }
  return 0;
}

function percent(part: number, whole: number): string {
  return `${Math.floor((100 * part) / Math.max(1, whole))} %`;
}

function labelOptions(texts: readonly string[]): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const text of texts) {
    const at = text.indexOf("=");
    if (at < 1) throw new UsageError(`--label: "${text}" is not NAME=VALUE`);
    const name = text.slice(0, at);
    if (name === METRIC_NAME || !isValidLabelName(name)) {
      throw new UsageError(`--label: "${name}" is no name for a label`);
    }
    labels[name] = text.slice(at + 1);
  }
  return labels;
}
