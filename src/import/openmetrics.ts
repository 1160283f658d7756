// A file of OpenMetrics text as a source of samples. It is read once, and where not all of it fits into memory, again for
// each group of blocks that does.

import { closeSync, openSync, readSync, statSync } from "node:fs";
import { errorText, NarthexError } from "../base/index.ts";
import { labelsFromEntries, type Labels } from "../model/index.ts";
import { OpenMetricsReader, type OpenMetricsSample } from "../scrape/index.ts";
import type { BlockInput } from "./block-input.ts";
import { Collector, type Window } from "./collector.ts";
import { ImportError } from "./errors.ts";
import { LabelSets } from "./label-sets.ts";
import { SlotCounts, transpose } from "./transpose.ts";

const PIECE_BYTES = 2 ** 20;
const SLOT_MS = 300_000;
// Room to begin with; it grows.
const FIRST_SAMPLES = 2 ** 16;
const HOUR_MS = 3_600_000;
const BLOCK_MS = 2 * HOUR_MS;
const STEP = 3;
const LENGTHS = 10;

export interface OpenMetricsOptions {
  /** Set on every series, in the place of labels of the same names. */
  readonly labels: Readonly<Record<string, string>>;
  /** Longest that a block may be; lengths are two hours times a power of three. */
  readonly maxBlockMs: number;
  readonly samplesMax: number;
  /** Told how many bytes of the file a pass has read. */
  readonly onRead?: (bytes: number, total: number, pass: number) => void;
}

/**
 * The blocks of a file, oldest first; each is to be written before the next is asked for. Samples need not be in order;
 * of two for one series and time the first stays. Source: spec TSDB-32, CLI-94.
 * @throws ImportError naming file and line
 */
export function* openMetricsInputs(path: string, options: OpenMetricsOptions): Generator<BlockInput> {
  const file = new OpenMetricsFile(path, options);
  const counts = new SlotCounts(SLOT_MS);
  let whole: Collector | undefined = new Collector({ from: -Infinity, to: Infinity }, FIRST_SAMPLES);
  file.read((sample) => {
    const { time, valueBits } = sample;
    if (time === undefined) throw new ImportError("expected timestamp for series got none");
    const series = file.seriesOf(sample);
    counts.add(time);
    whole?.addFloat(series, time, valueBits[1]!, valueBits[0]!);
    if (whole !== undefined && whole.count > options.samplesMax) whole = undefined;
  });
  const source = {
    counts,
    whole,
    labels: file.labels,
    deleted: new Map<number, never[]>(),
    load: (range: Window, into: Collector): void => {
      file.read((sample) => {
        const { time, valueBits } = sample;
        if (time === undefined || time < range.from || time >= range.to) return;
        into.addFloat(file.seriesOf(sample), time, valueBits[1]!, valueBits[0]!);
      });
    },
  };
  yield* transpose(source, { blockMs: blockLength(options.maxBlockMs), samplesMax: options.samplesMax });
}

// Two hours, or the longest of their multiples by powers of three that is not above the limit.
function blockLength(maxMs: number): number {
  let length = BLOCK_MS;
  for (let i = 1; i < LENGTHS && length * STEP <= maxMs; i++) length *= STEP;
  return length;
}

class OpenMetricsFile {
  readonly labels = new LabelSets();
  readonly #path: string;
  readonly #options: OpenMetricsOptions;
  readonly #extra: readonly (readonly [string, string])[];
  readonly #series = new Map<string, number>(); // By name and labels as they are written.
  #passes = 0;

  constructor(path: string, options: OpenMetricsOptions) {
    this.#path = path;
    this.#options = options;
    this.#extra = Object.entries(options.labels);
  }

  /** Number of a sample's label set. */
  seriesOf(sample: OpenMetricsSample): number {
    let number = this.#series.get(sample.text);
    if (number === undefined) {
      number = this.labels.number(this.#labelsOf(sample));
      this.#series.set(sample.text, number);
    }
    return number;
  }

  #labelsOf(sample: OpenMetricsSample): Labels {
    const pairs = sample.labels();
    const entries = new Map<string, string>();
    for (let i = 0; i < pairs.length; i += 2) entries.set(pairs[i]!, pairs[i + 1]!);
    for (const [name, value] of this.#extra) entries.set(name, value);
    return labelsFromEntries(entries);
  }

  /** Goes through the file from its start to its end. @throws ImportError */
  read(onSample: (sample: OpenMetricsSample) => void): void {
    this.#passes++;
    let line = 0;
    const reader = new OpenMetricsReader((sample) => {
      line = sample.line;
      onSample(sample);
    });
    try {
      this.#pass(reader);
    } catch (error) {
      if (!(error instanceof NarthexError)) {
        throw new ImportError(`${this.#path} cannot be read: ${errorText(error)}`, { cause: error });
      }
      const where = error instanceof ImportError ? `line ${line}: ` : "";
      throw new ImportError(`${this.#path}: ${where}${error.message}`, { cause: error });
    }
  }

  #pass(reader: OpenMetricsReader): void {
    const total = statSync(this.#path).size;
    const file = openSync(this.#path, "r");
    try {
      const piece = new Uint8Array(PIECE_BYTES);
      let done = 0;
      for (;;) {
        const count = readSync(file, piece, 0, PIECE_BYTES, null);
        if (count === 0) break;
        reader.write(piece.subarray(0, count));
        done += count;
        this.#options.onRead?.(done, total, this.#passes);
      }
      reader.end();
    } finally {
      closeSync(file);
    }
  }
}
