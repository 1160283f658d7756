import {
  isPrometheusRunning,
  openPrometheusData,
  prometheusInputs,
  SAMPLES_MAX,
  type ImportFindings,
  type PrometheusData,
} from "../../import/index.ts";
import { UsageError, type CommandIo } from "../command.ts";
import { Progress } from "../progress.ts";
import type { BlockSummary, StoreTools } from "../store-tools.ts";
import { asksForHelp, readWords } from "../words.ts";
import { resolve } from "node:path";

const DIRECTORY = "storage.tsdb.path";
const DAY_MS = 86_400_000;
const DEFAULT_RETENTION_DAYS = 15;

const HELP = `Take over the history of a Prometheus server: its blocks and, once it is stopped, the newest hours from its log.
Prometheus's files are only read. Either everything is taken over or nothing.

Usage:
  narthex tsdb import-prometheus PROMETHEUS_DIR [--storage.tsdb.path=DIR]

  PROMETHEUS_DIR   what Prometheus was given as --storage.tsdb.path, or a snapshot of it

Options:
  --storage.tsdb.path=DIR   our data directory (default data/); a server may be running on it and takes the blocks
                            in within a minute
  --no-head                 only blocks, not the log; needed while Prometheus runs
  --progress                tell how far it is also where stderr is no terminal

Exemplars, metadata and start times are not taken over.

Example:
  systemctl stop prometheus
  narthex tsdb import-prometheus /var/lib/prometheus --storage.tsdb.path=/var/lib/narthex
`;

/** `narthex tsdb import-prometheus`. @throws UsageError, ImportError, StorageError, BlockWriteError */
export async function runImportPrometheus(
  argv: readonly string[],
  io: CommandIo,
  tools: StoreTools,
): Promise<number> {
  if (asksForHelp(argv)) {
    io.stdout(HELP);
    return 0;
  }
  const words = readWords(
    argv.map((word) => (word === "--no-head" ? "--without-head" : word)),
    {
      positionals: ["the directory of Prometheus"],
      options: { [DIRECTORY]: "string", "without-head": "boolean", progress: "boolean" },
    },
  );
  const from = words.positionals[0]!;
  const directory = words.text(DIRECTORY) ?? "data/";
  if (resolve(from) === resolve(directory)) {
    throw new UsageError(`--${DIRECTORY}: ${directory} is the directory of Prometheus; give one of our own`);
  }
  const head = !words.flag("without-head");
  const data = openPrometheusData(from);
  if (head && data.hasHead && isPrometheusRunning(from)) {
    throw new UsageError(
      `a server is running on ${from}, so that its newest samples cannot be read; stop it, or take over only its blocks with --no-head`,
    );
  }
  const progress = new Progress(io, words.flag("progress"));
  const findings: ImportFindings = { damages: [], unknownSamples: 0 };
  const written = await takeOver(data, { head, directory, progress }, findings, tools);
  for (const damage of findings.damages) {
    io.stderr(`warning: ${damage}; the rest of that file was left out, as Prometheus would\n`);
  }
  if (findings.unknownSamples > 0) {
    io.stderr(`warning: ${findings.unknownSamples} samples in the log belong to series it does not name\n`);
  }
  io.stdout(summary(written, directory));
  return 0;
}

async function takeOver(
  data: PrometheusData,
  options: { readonly head: boolean; readonly directory: string; readonly progress: Progress },
  findings: ImportFindings,
  tools: StoreTools,
): Promise<BlockSummary[]> {
  const { head, directory, progress } = options;
  const sink = tools.beginImport(directory);
  const written: BlockSummary[] = [];
  const total = data.blocks.length;
  let samples = 0;
  let done = 0;
  try {
    for (const { name, input, level } of prometheusInputs(
      data,
      { head, samplesMax: SAMPLES_MAX },
      findings,
    )) {
      const read = (series: number): string => {
        const what = name === "head" ? "log" : `block ${done + 1} of ${total}`;
        const percent = Math.floor((100 * series) / Math.max(1, input.seriesCount));
        return `${what}: ${percent} %, ${samples} samples before it`;
      };
      let series = 0;
      const block = await sink.add(
        {
          ...input,
          read(number, into) {
            series++;
            progress.show(() => read(series));
            input.read(number, into);
          },
        },
        { level },
      );
      done++;
      if (block === undefined) continue;
      written.push(block);
      samples += block.sampleCount;
    }
    sink.commit();
    return written;
  } finally {
    progress.clear();
    sink.discard();
  }
}

function summary(blocks: readonly BlockSummary[], directory: string): string {
  if (blocks.length === 0) return "there were no samples to take over\n";
  let samples = 0;
  let oldest = Infinity;
  let newest = -Infinity;
  for (const block of blocks) {
    samples += block.sampleCount;
    oldest = Math.min(oldest, block.minTime);
    newest = Math.max(newest, block.maxTime);
  }
  const days = Math.ceil((newest - oldest) / DAY_MS);
  const lines = [
    `${samples} samples in ${blocks.length} ${blocks.length === 1 ? "block" : "blocks"}, from ${dateText(oldest)} to ${dateText(newest)}, are in ${directory} now`,
  ];
  if (days > DEFAULT_RETENTION_DAYS) {
    lines.push(
      `to keep all of them, run the server with --storage.tsdb.retention.time=${days + 1}d or more; by default it keeps ${DEFAULT_RETENTION_DAYS} days`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function dateText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
