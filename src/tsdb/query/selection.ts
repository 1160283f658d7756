// The answer to a select over head and blocks.

import { labelValue, seriesId, type Labels, type SeriesId } from "../../model/index.ts";
import type { Selection, SeriesSamples } from "../../storage/index.ts";
import { createSeriesSamples } from "../../storage/index.ts";
import type { BlockSelection, DescribedSelection } from "../block/index.ts";
import { LateReader } from "../late/reader.ts";
import type { Slabs } from "../table/slab-heap.ts";
import { columnIdAt, slotIdAt, SlotTables } from "../table/slot-tables.ts";
import type { HeadPart, LatePart } from "./head-part.ts";
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

/** What a selection reads, besides blocks and memory. Postable. */
export interface SelectionState {
  /** The series of the selection that the head knows, and their pieces; series that only blocks have come after them. */
  readonly head: HeadPart;
  /** Of the series that only blocks have: a block that has it, by its place in the list, and its index there. */
  readonly blockOnly: Uint32Array;
  /** Closed range of times; the head is read from `headFrom` on, since blocks hold what is before. */
  readonly from: number;
  readonly to: number;
  readonly headFrom: number;
  /** Deleted ranges of head series. */
  readonly deleted: ReadonlyMap<number, readonly TimeRange[]>;
}

export interface SelectionParts extends SelectionState {
  /** First written first. */
  readonly blocks: readonly BlockPart[];
  /** The head's memory in this thread. */
  readonly heap: Slabs;
  readonly labels: { labels(series: SeriesId): Labels; labelValue(series: SeriesId, name: string): string };
  readonly onClose: () => void;
}

/** A selection as it is posted to another thread, which opens it with `SelectionOpener`. */
export interface SelectionDescription extends SelectionState {
  readonly blocks: readonly { readonly described: DescribedSelection; readonly indexes: Int32Array }[];
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
  readonly #blockLabels: (Labels | undefined)[] = [];
  readonly #joinedTimelines = new Map<string, JoinedTimeline>();
  readonly #scratches = new WeakMap<SeriesSamples, Scratch>();
  #timelineCount = 0;
  #isOpen = true;

  constructor(parts: SelectionParts) {
    const { head, blockOnly, blocks, heap, from, to, headFrom } = parts;
    this.#parts = parts;
    this.seriesCount = head.series.length + blockOnly.length / 2;
    this.#blockTimelines = blocks.map(() => new Map());
    this.#late = head.late && new LateReader(head.late.shares);
    const range = { from: Math.max(from, headFrom), to };
    this.#headRuns = new HeadRuns(new SlotTables(heap, head.tables), range, () => this.#timelineCount++);
  }

  /** What another thread needs to read the same; valid until the selection is closed. */
  describe(): SelectionDescription {
    const { head, blockOnly, from, to, headFrom, blocks } = this.#parts;
    const deleted = new Map<number, readonly TimeRange[]>();
    if (this.#parts.deleted.size > 0) {
      for (const series of head.series) {
        const ranges = this.#parts.deleted.get(series);
        if (ranges !== undefined) deleted.set(series, ranges);
      }
    }
    const described = blocks.map(({ selection, indexes }) => ({ described: selection.describe(), indexes }));
    return { head, blockOnly, from, to, headFrom, deleted, blocks: described };
  }

  labels(index: number): Labels {
    const { head, labels } = this.#parts;
    const inHead = head.series.length;
    if (index < inHead) return labels.labels(seriesId(head.series[index]!));
    return (this.#blockLabels[index - inHead] ??= this.#labelsInBlock(index - inHead));
  }

  #labelsInBlock(place: number): Labels {
    const { blockOnly, blocks } = this.#parts;
    return blocks[blockOnly[2 * place]!]!.selection.labels(blockOnly[2 * place + 1]!);
  }

  labelValue(index: number, name: string): string {
    const { head, labels } = this.#parts;
    if (index < head.series.length) return labels.labelValue(seriesId(head.series[index]!), name);
    return labelValue(this.labels(index), name);
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
    const { head, blocks, deleted } = this.#parts;
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
    if (index >= head.series.length) return scratch.runs.slice(0, used);
    const ranges = deleted.get(head.series[index]!);
    for (let piece = index === 0 ? 0 : head.ends[index - 1]!; piece < head.ends[index]!; piece++) {
      const run = (scratch.runs[used] ??= createRun());
      this.#headRuns.read(slotIdAt(head.slots, piece), columnIdAt(head.columns, piece), run);
      if (ranges !== undefined) dropRanges(run, ranges);
      if (run.count > 0) used++;
    }
    if (head.late !== undefined) used = this.#collectLate(head.late, index, scratch, used);
    return scratch.runs.slice(0, used);
  }

  // Last, since samples in order count before late ones of the same time. They may lie before what the head keeps.
  #collectLate(late: LatePart, index: number, { runs }: Scratch, usedBefore: number): number {
    const { head, deleted, from, to } = this.#parts;
    const ranges = deleted.get(head.series[index]!);
    let used = usedBefore;
    for (let piece = index === 0 ? 0 : late.ends[index - 1]!; piece < late.ends[index]!; piece++) {
      const run = (runs[used] ??= createRun());
      this.#late!.read(late.tables[piece]!, late.columns[piece]!, { from, to }, run);
      if (ranges !== undefined) dropRanges(run, ranges);
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
