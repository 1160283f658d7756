import {
  duplicateLabelName,
  goQuote,
  labelsFromEntries,
  METRIC_NAME,
  type Histogram,
  type Labels,
} from "../../model/index.ts";
import { histogramRun, readHistogram, type WrittenHistogram } from "./series-histogram.ts";
import { SeriesScanner } from "./series-scanner.ts";

/** One point of a series description. */
export type SeriesPoint =
  | { readonly kind: "gap" }
  | { readonly kind: "stale" }
  | { readonly kind: "float"; readonly value: number }
  | {
      readonly kind: "histogram";
      readonly histogram: Histogram;
      /** Whether the text says something about counter resets; if not, the hint is not to be compared. */
      readonly hasHint: boolean;
    };

/** A series with its points at 0, 1, 2, … intervals. */
export interface SeriesDescription {
  readonly labels: Labels;
  readonly points: readonly SeriesPoint[];
}

const VALUES = "series values";
const LABEL_SET = "label set";
const POINTS_MAX = 10_000_000; // A repetition beyond this is a typing error, and would not fit into memory.

/**
 * Parses a series as unit tests write it, `up{job="a"} 0+10x5 _ stale {{sum:1}}x3` (spec PQL-35).
 * @throws PromqlParseError
 */
export function parseSeriesDescription(text: string): SeriesDescription {
  const scanner = new SeriesScanner(text);
  const labels = readMetric(scanner);
  const points: SeriesPoint[] = [];
  while (!scanner.isAtEnd) {
    if (!scanner.takesBlanks()) throw scanner.unexpected(VALUES);
    if (!scanner.isAtEnd) readItem(scanner, points);
  }
  return { labels, points };
}

/** Parses a label set such as `up{job="a"}` or `{job="a"}`. @throws PromqlParseError */
export function parseMetric(text: string): Labels {
  const scanner = new SeriesScanner(text);
  scanner.takesBlanks();
  const labels = readMetric(scanner);
  scanner.takesBlanks();
  if (!scanner.isAtEnd) throw scanner.unexpected(LABEL_SET);
  return labels;
}

function readMetric(scanner: SeriesScanner): Labels {
  const entries: [string, string][] = [];
  const name = scanner.word(true);
  if (name !== "") entries.push([METRIC_NAME, name]);
  // `{{` opens a histogram, never a label set.
  if (!scanner.sees("{{") && scanner.takes("{")) readLabels(scanner, entries);
  const twice = duplicateLabelName(entries.map(([label]) => label));
  if (twice !== undefined) throw scanner.fail(`label ${goQuote(twice)} is set twice`, 0);
  return labelsFromEntries(entries);
}

function readLabels(scanner: SeriesScanner, entries: [string, string][]): void {
  for (;;) {
    scanner.takesBlanks();
    if (scanner.takes("}")) return;
    if (scanner.isAtEnd) throw scanner.fail("unexpected end of input inside braces");
    entries.push(readLabel(scanner));
    scanner.takesBlanks();
    if (scanner.isAtEnd) throw scanner.fail("unexpected end of input inside braces");
    if (!scanner.takes(",") && !scanner.sees("}")) throw scanner.unexpected(LABEL_SET, '"," or "}"');
  }
}

function readLabel(scanner: SeriesScanner): [string, string] {
  const isQuoted = scanner.seesQuote;
  const name = isQuoted ? scanner.string() : scanner.word();
  if (name === "" && !isQuoted) throw scanner.unexpected(LABEL_SET, 'identifier or "}"');
  scanner.takesBlanks();
  if (!scanner.takes("=")) {
    if (isQuoted) return [METRIC_NAME, name];
    throw scanner.unexpected(LABEL_SET, '"="');
  }
  scanner.takesBlanks();
  if (!scanner.seesQuote) throw scanner.unexpected(LABEL_SET, "string");
  return [name, scanner.string()];
}

function readItem(scanner: SeriesScanner, points: SeriesPoint[]): void {
  if (scanner.takes("{{")) {
    readHistogramItem(scanner, points);
    return;
  }
  if (scanner.takes("_")) {
    const count = readTimes(scanner, points) ?? 1;
    for (let i = 0; i < count; i++) points.push({ kind: "gap" });
    return;
  }
  const first = scanner.number();
  if (first !== undefined) {
    readFloatItem(scanner, points, first);
    return;
  }
  readStaleItem(scanner, points);
}

function readStaleItem(scanner: SeriesScanner, points: SeriesPoint[]): void {
  const error = scanner.unexpected(VALUES, 'number or "stale"');
  if (scanner.word() !== "stale") throw error;
  points.push({ kind: "stale" });
}

// `first` and then, after each repetition, the step added once more; in floating point as Prometheus does.
function readFloatItem(scanner: SeriesScanner, points: SeriesPoint[], first: number): void {
  let step = 0;
  if (scanner.sees("+") || scanner.sees("-")) {
    const read = scanner.number();
    if (read === undefined || !scanner.sees("x")) throw scanner.unexpected(VALUES);
    step = read;
  }
  const times = readTimes(scanner, points) ?? 0;
  for (let i = 0, value = first; i <= times; i++, value += step) points.push({ kind: "float", value });
}

function readHistogramItem(scanner: SeriesScanner, points: SeriesPoint[]): void {
  const first = readHistogram(scanner);
  const sign = scanner.takes("+") ? "+" : scanner.takes("-") ? "-" : undefined;
  if (sign === undefined) {
    const times = readTimes(scanner, points) ?? 0;
    for (let i = 0; i <= times; i++) points.push(histogramPoint(first));
    return;
  }
  if (!scanner.takes("{{")) throw scanner.unexpected(VALUES);
  const step = readHistogram(scanner);
  const times = readTimes(scanner, points);
  if (times === undefined) throw scanner.unexpected(VALUES);
  const run = histogramRun(scanner, first.histogram, { step: step.histogram, sign, times });
  for (const histogram of run) points.push(histogramPoint({ histogram, hasHint: step.hasHint }));
}

function histogramPoint({ histogram, hasHint }: WrittenHistogram): SeriesPoint {
  return { kind: "histogram", histogram, hasHint };
}

// `xN`, or undefined when there is none.
function readTimes(scanner: SeriesScanner, points: readonly SeriesPoint[]): number | undefined {
  if (!scanner.takes("x")) return undefined;
  const times = scanner.count();
  if (points.length + times < POINTS_MAX) return times;
  throw scanner.fail(`the series has more than ${POINTS_MAX} values`);
}
