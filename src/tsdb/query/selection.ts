// The answer to a select over head and blocks.

import { labelValue, seriesId, type Labels } from "../../model/index.ts";
import type { Selection, SeriesSamples } from "../../storage/index.ts";
import { createSeriesSamples } from "../../storage/index.ts";
import type { BlockSelection } from "../block/index.ts";
import type { Head } from "../head/head.ts";
import type { LateReader } from "../late/reader.ts";
import { HeadRuns } from "./head-runs.ts";
import {
  areDisjoint,
  createRun,
  dropRanges,
  mergeRuns,
  reserveValues,
  type Run,
  type TimeRange,
} from "./run.ts";

/** Samples of a block within a selection. */
export interface BlockPart {
  readonly selection: BlockSelection;
  /** For each series of the whole selection its index in the block's selection, or -1. */
  readonly indexes: Int32Array;
}

export interface SelectionParts {
  readonly head: Head;
  /** Head series ids, ascending; the series of the selection, before those that only blocks have. */
  readonly headSeries: Uint32Array;
  /** Label sets of the series that only blocks have. */
  readonly blockOnly: readonly Labels[];
  /** First written first. */
  readonly blocks: readonly BlockPart[];
  /** Closed range of times; the head is read from `headFrom` on, since blocks hold what is before. */
  readonly from: number;
  readonly to: number;
  readonly headFrom: number;
  /** Deleted ranges of head series. */
  readonly deleted: ReadonlyMap<number, readonly TimeRange[]>;
  readonly onClose: () => void;
}

/** A timeline made of several, one after the other. */
interface JoinedTimeline {
  readonly number: number;
  readonly times: Float64Array;
}

// What `read` needs for each object that it fills: its values must outlast reads into other objects.
interface Scratch {
  readonly joined: Run;
  readonly runs: Run[];
  readonly blockSamples: SeriesSamples[];
}

export class StoreSelection implements Selection {
  readonly seriesCount: number;
  readonly #parts: SelectionParts;
  readonly #headRuns: HeadRuns;
  readonly #late: LateReader | undefined;
  readonly #blockTimelines: Map<number, number>[];
  readonly #joinedTimelines = new Map<string, JoinedTimeline>();
  readonly #scratches = new WeakMap<SeriesSamples, Scratch>();
  #timelineCount = 0;
  #isOpen = true;

  constructor(parts: SelectionParts) {
    this.#parts = parts;
    this.seriesCount = parts.headSeries.length + parts.blockOnly.length;
    this.#blockTimelines = parts.blocks.map(() => new Map());
    const { tables, columns, late } = parts.head;
    this.#late = late.reader(parts.from, parts.to);
    const range = { from: Math.max(parts.from, parts.headFrom), to: parts.to };
    this.#headRuns = new HeadRuns(tables, range, () => this.#timelineCount++);
    for (const series of parts.headSeries) {
      for (let piece = columns.first(seriesId(series)); piece !== 0; piece = columns.next(piece)) {
        this.#headRuns.pin(columns.tableOf(piece));
      }
    }
  }

  labels(index: number): Labels {
    const { head, headSeries, blockOnly } = this.#parts;
    if (index < headSeries.length) return head.index.labels(seriesId(headSeries[index]!));
    return blockOnly[index - headSeries.length]!;
  }

  labelValue(index: number, name: string): string {
    const { head, headSeries, blockOnly } = this.#parts;
    if (index < headSeries.length) return head.index.labelValue(seriesId(headSeries[index]!), name);
    return labelValue(blockOnly[index - headSeries.length]!, name);
  }

  read(index: number, into: SeriesSamples): void {
    const scratch = this.#scratchOf(into);
    const runs = this.#collect(index, scratch);
    const run = runs.length === 1 ? runs[0]! : this.#join(runs, scratch.joined);
    into.count = run.count;
    into.times = run.times;
    into.values = run.values;
    into.timeline = run.timeline;
    into.hasStale = run.hasStale;
    into.histograms = run.histograms;
  }

  warnings(): readonly string[] {
    return this.#parts.blocks.flatMap(({ selection }) => selection.warnings());
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const { selection } of this.#parts.blocks) selection.close();
    this.#parts.onClose();
  }

  #scratchOf(into: SeriesSamples): Scratch {
    let scratch = this.#scratches.get(into);
    if (scratch === undefined) {
      scratch = { joined: createRun(), runs: [], blockSamples: [] };
      this.#scratches.set(into, scratch);
    }
    return scratch;
  }

  // The runs of a series that hold samples, blocks first.
  #collect(index: number, scratch: Scratch): Run[] {
    const { head, headSeries, blocks, deleted } = this.#parts;
    let used = 0;
    for (let part = 0; part < blocks.length; part++) {
      const inBlock = blocks[part]!.indexes[index]!;
      if (inBlock < 0) continue;
      const samples = (scratch.blockSamples[part] ??= createSeriesSamples());
      blocks[part]!.selection.read(inBlock, samples);
      if (samples.count === 0) continue;
      const run = (scratch.runs[used++] ??= createRun());
      run.count = samples.count;
      run.times = samples.times;
      run.values = samples.values;
      run.timeline = samples.timeline < 0 ? -1 : this.#blockTimeline(part, samples.timeline);
      run.hasStale = samples.hasStale;
      run.histograms = samples.histograms?.slice(0, samples.count);
    }
    if (index < headSeries.length) {
      const series = headSeries[index]!;
      const ranges = deleted.get(series);
      const { columns } = head;
      for (let piece = columns.first(seriesId(series)); piece !== 0; piece = columns.next(piece)) {
        const run = (scratch.runs[used] ??= createRun());
        this.#headRuns.read(columns.tableOf(piece), columns.columnOf(piece), run);
        if (ranges !== undefined) dropRanges(run, ranges);
        if (run.count > 0) used++;
      }
      if (this.#late !== undefined) used = this.#collectLate(series, scratch, used);
    }
    return scratch.runs.slice(0, used);
  }

  // Last, since samples in order count before late ones of the same time. They may lie before what the head keeps.
  #collectLate(series: number, { runs }: Scratch, usedBefore: number): number {
    const { head, deleted, from, to } = this.#parts;
    const { columns } = head;
    let used = usedBefore;
    for (let piece = columns.first(seriesId(series)); piece !== 0; piece = columns.next(piece)) {
      const table = columns.tableOf(piece);
      if (!this.#late!.has(table)) continue;
      const run = (runs[used] ??= createRun());
      this.#late!.read(table, columns.columnOf(piece), { from, to }, run);
      dropRanges(run, deleted.get(series) ?? []);
      if (run.count > 0) used++;
    }
    return used;
  }

  #blockTimeline(part: number, timeline: number): number {
    const numbers = this.#blockTimelines[part]!;
    let number = numbers.get(timeline);
    if (number === undefined) numbers.set(timeline, (number = this.#timelineCount++));
    return number;
  }

  #join(runs: Run[], into: Run): Run {
    into.count = 0;
    into.timeline = -1;
    into.hasStale = false;
    into.histograms = undefined;
    if (runs.length === 0) return into;
    const ordered = runs.toSorted((a, b) => a.times[0]! - b.times[0]!);
    if (areDisjoint(ordered) && ordered.every((run) => run.timeline >= 0)) this.#append(ordered, into);
    else mergeRuns(runs, into);
    return into;
  }

  // One after the other; series made of the same timelines share the result's.
  #append(runs: readonly Run[], into: Run): void {
    const key = runs.map((run) => run.timeline).join(" ");
    let timeline = this.#joinedTimelines.get(key);
    if (timeline === undefined) {
      timeline = { number: this.#timelineCount++, times: joinTimes(runs) };
      this.#joinedTimelines.set(key, timeline);
    }
    const { values } = reserveValues(into, timeline.times.length);
    let at = 0;
    for (const run of runs) {
      values.set(run.values.subarray(0, run.count), at);
      at += run.count;
    }
    into.count = at;
    into.times = timeline.times;
    into.values = values;
    into.timeline = timeline.number;
    into.hasStale = runs.some((run) => run.hasStale);
    if (!runs.some((run) => run.histograms !== undefined)) return;
    into.histograms = runs.flatMap(
      (run) => run.histograms ?? Array.from({ length: run.count }, () => undefined),
    );
  }
}

function joinTimes(runs: readonly Run[]): Float64Array {
  const times = new Float64Array(runs.reduce((total, run) => total + run.count, 0));
  let at = 0;
  for (const run of runs) {
    times.set(run.times.subarray(0, run.count), at);
    at += run.count;
  }
  return times;
}
