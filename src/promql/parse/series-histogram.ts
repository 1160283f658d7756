import {
  addHistograms,
  createHistogram,
  subtractHistograms,
  type Histogram,
  type ResetHint,
} from "../../model/index.ts";
import type { SeriesScanner } from "./series-scanner.ts";

/** A native histogram as a series description writes it. */
export interface WrittenHistogram {
  readonly histogram: Histogram;
  /** Whether the text says something about counter resets; if not, the hint is not to be compared. */
  readonly hasHint: boolean;
}

const VALUES = "series values";
const HINTS: ReadonlySet<string> = new Set(["unknown", "reset", "not_reset", "gauge"]);
type Field = number | readonly number[] | ResetHint;

/** Reads `schema:1 sum:2 buckets:[1 2]}}`; the opening braces were taken (spec PQL-35). */
export function readHistogram(scanner: SeriesScanner): WrittenHistogram {
  const fields = new Map<string, Field>();
  if (!scanner.takesBlanks() || !scanner.sees("}}")) readFields(scanner, fields);
  if (!scanner.takes("}}")) {
    throw scanner.fail(`histogram description incomplete unexpected: ${scanner.quotedNext()}`);
  }
  return { histogram: buildHistogram(fields), hasHint: fields.has("counter_reset_hint") };
}

function readFields(scanner: SeriesScanner, fields: Map<string, Field>): void {
  while (!scanner.sees("}}") && !scanner.isAtEnd) {
    const start = scanner.offset;
    const key = scanner.word();
    if (key === "")
      throw scanner.fail(`histogram description incomplete unexpected: ${scanner.quotedNext()}`);
    const read = FIELD_READERS.get(key.toLowerCase());
    if (read === undefined) throw scanner.fail(`bad histogram descriptor found: "${key}"`, start);
    if (!scanner.takes(":")) throw scanner.fail("missing `:` for histogram descriptor");
    if (fields.has(key.toLowerCase())) throw scanner.fail(`duplicate key "${key}" in histogram`);
    fields.set(key.toLowerCase(), read(scanner));
    if (!scanner.takesBlanks()) return;
  }
}

const FIELD_READERS = new Map<string, (scanner: SeriesScanner) => Field>([
  ["schema", readInteger],
  ["offset", readInteger],
  ["n_offset", readInteger],
  ["sum", readNumber],
  ["count", readNumber],
  ["z_bucket", readNumber],
  ["z_bucket_w", readUnsigned],
  ["buckets", readNumbers],
  ["n_buckets", readNumbers],
  ["custom_values", readNumbers],
  ["counter_reset_hint", readHint],
]);

function readInteger(scanner: SeriesScanner): number {
  return scanner.takes("-") ? -scanner.count() : scanner.count();
}

function readNumber(scanner: SeriesScanner): number {
  return required(scanner, scanner.number("-"));
}

function readUnsigned(scanner: SeriesScanner): number {
  return required(scanner, scanner.number(""));
}

function required(scanner: SeriesScanner, value: number | undefined): number {
  if (value === undefined) throw scanner.unexpected(VALUES);
  return value;
}

function readNumbers(scanner: SeriesScanner): readonly number[] {
  if (!scanner.takes("[")) throw scanner.unexpected(VALUES);
  const numbers = [readNumber(scanner)];
  while (scanner.takesBlanks() && !scanner.sees("]")) numbers.push(readNumber(scanner));
  if (!scanner.takes("]"))
    throw scanner.fail(`invalid character in buckets description: ${scanner.quotedNext()}`);
  return numbers;
}

function readHint(scanner: SeriesScanner): ResetHint {
  const start = scanner.offset;
  const word = scanner.word().toLowerCase();
  if (!HINTS.has(word)) throw scanner.fail(`bad histogram descriptor found: "${word}"`, start);
  return word as ResetHint;
}

function buildHistogram(fields: ReadonlyMap<string, Field>): Histogram {
  const number = (key: string): number => (fields.get(key) as number | undefined) ?? 0;
  const list = (key: string): readonly number[] => (fields.get(key) as readonly number[] | undefined) ?? [];
  const [positiveBuckets, negativeBuckets] = [list("buckets"), list("n_buckets")];
  return createHistogram({
    schema: number("schema"),
    sum: number("sum"),
    count: number("count"),
    zeroCount: number("z_bucket"),
    zeroThreshold: number("z_bucket_w"),
    positiveBuckets,
    positiveSpans: spanOf(positiveBuckets, number("offset")),
    negativeBuckets,
    negativeSpans: spanOf(negativeBuckets, number("n_offset")),
    customBounds: list("custom_values"),
    resetHint: (fields.get("counter_reset_hint") as ResetHint | undefined) ?? "unknown",
  });
}

function spanOf(buckets: readonly number[], offset: number): Histogram["positiveSpans"] {
  return buckets.length === 0 ? [] : [{ offset, length: buckets.length }];
}

/** How a run of histograms goes on. */
export interface HistogramStep {
  readonly step: Histogram;
  readonly sign: "+" | "-";
  readonly times: number;
}

/** `first`, then `times` histograms that each differ from the one before by `step`. */
export function histogramRun(scanner: SeriesScanner, first: Histogram, how: HistogramStep): Histogram[] {
  const { step, sign, times } = how;
  const combine = sign === "+" ? addHistograms : subtractHistograms;
  const run = [first];
  for (let current = first; run.length <= times;) {
    if (current.schema > step.schema) {
      const schemas = `cannot merge from schema ${step.schema} to ${current.schema}`;
      throw scanner.fail(`error combining histograms: ${schemas}`);
    }
    const combined = combine(current, step);
    if (combined === undefined) {
      throw scanner.fail("error combining histograms: one has exponential, the other custom buckets");
    }
    current = combined.histogram;
    run.push(current);
  }
  return run;
}
