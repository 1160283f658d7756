import {
  bitsOf,
  compileMatcher,
  formatFloatG,
  histogramText,
  isStaleAt,
  isValidLabelName,
  isValidMetricName,
  labelEntries,
  labelsText,
  labelValue,
  METRIC_NAME,
  millis,
  type Labels,
  type Matcher,
} from "../../model/index.ts";
import { parseSelector } from "../../promql/parse/index.ts";
import { createSeriesSamples, type SeriesSamples } from "../../storage/index.ts";
import type { CommandIo } from "../command.ts";
import type { StoreTools } from "../store-tools.ts";
import { asksForHelp, readWords, type Words } from "../words.ts";

const OUTPUT_CHARACTERS = 65_536;

const COMMON_OPTIONS = `  --min-time=MS, --max-time=MS   only samples of this closed range, Unix milliseconds
  --match=SELECTOR               only these series; may be given several times
  --sandbox-dir-root=DIR         where the log is copied to while it is read (default: the directory itself)`;

const DUMP_HELP = `Print samples of a data directory, one a line. A server may be running on it.

Usage:
  narthex tsdb dump [DIR]              DIR: the data directory (default data/)

Options:
${COMMON_OPTIONS}
  --format=prom|seriesjson       samples, or only the label sets as JSON (default prom)

Example:
  narthex tsdb dump data/ --match='up{job="node"}'
`;

const DUMP_OPENMETRICS_HELP = `Print samples of a data directory as OpenMetrics, without native histograms and staleness markers, which that
format has no place for. promtool and narthex tsdb create-blocks-from openmetrics read it. A server may be running on
the directory.

Usage:
  narthex tsdb dump-openmetrics [DIR]  DIR: the data directory (default data/)

Options:
${COMMON_OPTIONS}

Example: to another Prometheus
  narthex tsdb dump-openmetrics data/ > all.om
  promtool tsdb create-blocks-from openmetrics all.om /var/lib/prometheus
`;

const RULES = {
  positionals: ["the directory"],
  optional: 1,
  options: {
    "min-time": "string",
    "max-time": "string",
    match: "strings",
    "sandbox-dir-root": "string",
    format: "string",
  },
} as const;

type WriteSeries = (labels: Labels, samples: SeriesSamples) => Iterable<string>;

/** `narthex tsdb dump`. @throws UsageError, StorageError, PromqlParseError */
export async function runDump(argv: readonly string[], io: CommandIo, tools: StoreTools): Promise<number> {
  if (asksForHelp(argv)) {
    io.stdout(DUMP_HELP);
    return 0;
  }
  const words = readWords(argv, RULES);
  const format = words.text("format") ?? "prom";
  switch (format) {
    case "prom":
      await dump(words, io, tools, sampleLines);
      return 0;
    case "seriesjson":
      await dump(words, io, tools, seriesLine);
      return 0;
    default:
      io.stderr(`--format: "${format}" is unknown; there are prom and seriesjson\n`);
      return 1;
  }
}

/** `narthex tsdb dump-openmetrics`. @throws UsageError, StorageError, PromqlParseError */
export async function runDumpOpenMetrics(
  argv: readonly string[],
  io: CommandIo,
  tools: StoreTools,
): Promise<number> {
  if (asksForHelp(argv)) {
    io.stdout(DUMP_OPENMETRICS_HELP);
    return 0;
  }
  const { format: _, ...options } = RULES.options;
  await dump(readWords(argv, { ...RULES, options }), io, tools, openMetricsLines);
  io.stdout("# EOF\n");
  return 0;
}

async function dump(words: Words, io: CommandIo, tools: StoreTools, write: WriteSeries): Promise<void> {
  const from = millis(atLeast(words.whole("min-time", -Infinity)));
  const to = millis(atMost(words.whole("max-time", Infinity)));
  const sets = words.texts("match").map((text) => parseSelector(text));
  const view = await tools.openView(words.positionals[0] ?? "data/", words.text("sandbox-dir-root"));
  try {
    let waiting = "";
    for (const [i, matchers] of (sets.length === 0 ? [[]] : sets).entries()) {
      const selection = view.select({ matchers, from, to });
      const samples = createSeriesSamples();
      for (let index = 0; index < selection.seriesCount; index++) {
        const labels = selection.labels(index);
        // What an earlier selector took was printed with that.
        if (sets.slice(0, i).some((earlier) => passesAll(labels, earlier))) continue;
        selection.read(index, samples);
        for (const line of samples.count === 0 ? [] : write(labels, samples)) {
          waiting += line;
          if (waiting.length < OUTPUT_CHARACTERS) continue;
          io.stdout(waiting);
          waiting = "";
        }
      }
      selection.close();
    }
    if (waiting !== "") io.stdout(waiting);
  } finally {
    await view.close();
  }
}

function passesAll(labels: Labels, matchers: readonly Matcher[]): boolean {
  return matchers.every((matcher) => compileMatcher(matcher).matches(labelValue(labels, matcher.name)));
}

// Times beyond what a number holds exactly are as good as none.
function atLeast(time: number): number {
  return Math.max(time, Number.MIN_SAFE_INTEGER);
}

function atMost(time: number): number {
  return Math.min(time, Number.MAX_SAFE_INTEGER);
}

function* sampleLines(labels: Labels, samples: SeriesSamples): Iterable<string> {
  const head = labelsText(labels);
  for (let i = 0; i < samples.count; i++) {
    const histogram = samples.histograms?.[i];
    const value = histogram === undefined ? formatFloatG(samples.values[i]!) : histogramText(histogram);
    yield `${head} ${value} ${samples.times[i]!}\n`;
  }
}

function* seriesLine(labels: Labels): Iterable<string> {
  yield `${JSON.stringify(Object.fromEntries(labelEntries(labels)))}\n`;
}

function* openMetricsLines(labels: Labels, samples: SeriesSamples): Iterable<string> {
  const head = openMetricsName(labels);
  const bits = bitsOf(samples.values);
  for (let i = 0; i < samples.count; i++) {
    if (samples.histograms?.[i] !== undefined || isStaleAt(bits, i)) continue;
    yield `${head} ${formatFloatG(samples.values[i]!)} ${(samples.times[i]! / 1000).toFixed(3)}\n`;
  }
}

// `name{a="b"}`, or `{"a name",a="b"}` where the name needs quotes.
function openMetricsName(labels: Labels): string {
  const name = labelValue(labels, METRIC_NAME);
  const isPlain = isValidMetricName(name, "legacy");
  const parts = name === "" || isPlain ? [] : [quoted(name)];
  for (const [label, value] of labelEntries(labels)) {
    if (label === METRIC_NAME) continue;
    parts.push(`${isValidLabelName(label, "legacy") ? label : quoted(label)}=${quoted(value)}`);
  }
  const set = parts.length === 0 ? "" : `{${parts.join(",")}}`;
  return isPlain ? name + set : set;
}

// OpenMetrics knows three escapes.
function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
