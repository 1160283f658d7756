import { compileMatcher, labelEntries, METRIC_NAME } from "../../model/index.ts";
import { parseSelector } from "../../promql/parse/index.ts";
import { createSeriesSamples, type Selection } from "../../storage/index.ts";
import { UsageError, type CommandIo } from "../command.ts";
import type { BlockSummary, StoreTools } from "../store-tools.ts";
import { asksForHelp, readWords } from "../words.ts";
import { blockUlid, durationText } from "./block-table.ts";

const HELP = `Show where the series of a block come from: labels with many values, series that come and go. A server may be
running on the directory.

Usage:
  narthex tsdb analyze [DIR] [BLOCK]   DIR: the data directory (default data/); BLOCK: its ULID (default: the last)

Options:
  --limit=N          lines in each list (default 20)
  --match=SELECTOR   only these series
  --extended         also how many samples series have

Example:
  narthex tsdb analyze data/ --limit=5
`;

const LIMIT = 20;
const BARS = 10;
const BAR_CHARACTERS = 100;

/** `narthex tsdb analyze`. @throws UsageError, StorageError, PromqlParseError */
export function runAnalyze(argv: readonly string[], io: CommandIo, tools: StoreTools): number {
  if (asksForHelp(argv)) {
    io.stdout(HELP);
    return 0;
  }
  const words = readWords(argv, {
    positionals: ["the directory", "the block"],
    optional: 2,
    options: { limit: "string", match: "string", extended: "boolean" },
  });
  const directory = words.positionals[0] ?? "data/";
  const block = findBlock(tools.list(directory), words.positionals[1], directory);
  const match = words.text("match");
  const matchers = match === undefined ? [] : parseSelector(match).map((matcher) => compileMatcher(matcher));
  const selection = tools.selectBlock(directory, block.file, matchers);
  try {
    io.stdout(analysis(block, selection, { limit: words.whole("limit", LIMIT), match }));
    if (words.flag("extended")) io.stdout(sampleCounts(selection));
  } finally {
    selection.close();
  }
  return 0;
}

function findBlock(blocks: readonly BlockSummary[], id: string | undefined, directory: string): BlockSummary {
  const found = id === undefined ? blocks.at(-1) : blocks.find((block) => blockUlid(block) === id);
  if (found !== undefined) return found;
  if (id === undefined) throw new UsageError(`${directory} has no blocks yet`);
  throw new UsageError(`invalid block ID ${id}; narthex tsdb list ${directory} shows those there are`);
}

/** Numbers by name, added up. */
type Sums = Map<string, number>;

function add(sums: Sums, name: string, amount: number): void {
  sums.set(name, (sums.get(name) ?? 0) + amount);
}

function analysis(
  block: BlockSummary,
  selection: Selection,
  { limit, match }: { readonly limit: number; readonly match: string | undefined },
): string {
  const span = block.to - block.from;
  const namesUncovered: Sums = new Map();
  const pairsUncovered: Sums = new Map();
  const pairs: Sums = new Map();
  const metrics: Sums = new Map();
  const values = new Map<string, Set<string>>();
  const samples = createSeriesSamples();
  let entries = 0;
  for (let index = 0; index < selection.seriesCount; index++) {
    selection.read(index, samples);
    const covered = samples.count === 0 ? 0 : samples.times[samples.count - 1]! - samples.times[0]!;
    for (const [name, value] of labelEntries(selection.labels(index))) {
      const pair = `${name}=${value}`;
      add(namesUncovered, name, span - covered);
      add(pairsUncovered, pair, span - covered);
      add(pairs, pair, 1);
      if (name === METRIC_NAME) add(metrics, value, 1);
      const known = values.get(name);
      if (known === undefined) values.set(name, new Set([value]));
      else known.add(value);
      entries++;
    }
  }
  const lengths: Sums = new Map();
  const counts: Sums = new Map();
  for (const [name, known] of values) {
    counts.set(name, known.size);
    for (const value of known) add(lengths, name, Buffer.byteLength(value));
  }
  const perSpan = (sums: Sums): Sums =>
    new Map(Array.from(sums, ([name, sum]) => [name, Math.floor(sum / span)]));
  return [
    `Block ID: ${blockUlid(block)}`,
    `Duration: ${durationText(span)}`,
    `Total Series: ${block.seriesCount}`,
    ...(match === undefined ? [] : [`Matcher: ${match}`]),
    `Label names: ${values.size}`,
    ...(match === undefined ? [] : [`Matched series: ${selection.seriesCount}`]),
    `Postings (unique label pairs): ${pairs.size}`,
    `Postings entries (total label pairs): ${entries}`,
    ...section("Label pairs most involved in churning", perSpan(pairsUncovered), limit),
    ...section("Label names most involved in churning", perSpan(namesUncovered), limit),
    ...section("Most common label pairs", pairs, limit),
    ...section("Label names with highest cumulative label value length", lengths, limit),
    ...section("Highest cardinality labels", counts, limit),
    ...section("Highest cardinality metric names", metrics, limit),
    "",
  ].join("\n");
}

function section(title: string, sums: Sums, limit: number): string[] {
  const sorted = [...sums].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return ["", `${title}:`, ...sorted.slice(0, limit).map(([name, sum]) => `${sum} ${name}`)];
}

function sampleCounts(selection: Selection): string {
  const floats: number[] = [];
  const histograms: number[] = [];
  const buckets: number[] = [];
  const samples = createSeriesSamples();
  for (let index = 0; index < selection.seriesCount; index++) {
    selection.read(index, samples);
    const found = (samples.histograms ?? []).filter((histogram) => histogram !== undefined);
    if (samples.count > found.length) floats.push(samples.count - found.length);
    if (found.length > 0) histograms.push(found.length);
    for (const { positiveBuckets, negativeBuckets } of found) {
      buckets.push(positiveBuckets.length + negativeBuckets.length);
    }
  }
  return [
    "",
    "Series analysis:",
    ...bars("samples per float series", floats),
    ...bars("samples per histogram series", histograms),
    ...bars("buckets per histogram", buckets),
    "",
  ].join("\n");
}

function bars(title: string, numbers: readonly number[]): string[] {
  if (numbers.length === 0) return ["", `${title}: N/A`];
  let least = Infinity;
  let most = 0;
  let sum = 0;
  for (const number of numbers) {
    least = Math.min(least, number);
    most = Math.max(most, number);
    sum += number;
  }
  const width = Math.max(1, Math.ceil((most - least + 1) / BARS));
  const counts = Array.from({ length: Math.floor((most - least) / width) + 1 }, () => 0);
  for (const number of numbers) counts[Math.floor((number - least) / width)]!++;
  return [
    "",
    `${title} (min/avg/max): ${least}/${Math.floor(sum / numbers.length)}/${most}`,
    ...counts.map((count, i) => {
      const bar = "#".repeat(Math.floor((count / numbers.length) * BAR_CHARACTERS));
      return `[${least + i * width}, ${least + (i + 1) * width - 1}]: ${count} ${bar}`.trimEnd();
    }),
  ];
}
