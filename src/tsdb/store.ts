// The store: one head, the blocks before it, and what keeps both on disk.

import { assert } from "../base/index.ts";
import { compileMatcher, labelsKey, millis, seriesId } from "../model/index.ts";
import type { CompiledMatcher, Labels, Matcher, Millis, SeriesId } from "../model/index.ts";
import type {
  BatchOutcome,
  CardinalityStats,
  LookupRequest,
  MetricMetadata,
  Selection,
  SelectRequest,
  SeriesBatch,
  SeriesExemplars,
  Store,
  StoredBlock,
  StoreChanges,
  StoreSharing,
  StoreStats,
  StoreTuning,
  TableWriter,
} from "../storage/index.ts";
import { closeDirectory, openDirectory, type Directory } from "./directory.ts";
import { diskStats, type CollectionCounts } from "./disk-stats.ts";
import { StorageError } from "./errors.ts";
import { HeadWatch } from "./head-watch.ts";
import { appendBatch } from "./head/batch.ts";
import { collectHead } from "./head/collect.ts";
import { SeriesCompaction } from "./head/compact.ts";
import { Head } from "./head/head.ts";
import { HeadShares } from "./head/head-view.ts";
import { Lanes } from "./head/lanes.ts";
import { newestOf } from "./head/order.ts";
import { addOutcome, createTally } from "./head/outcome.ts";
import { HeadTableWriter } from "./head/writer.ts";
import { measureCardinality } from "./index/cardinality.ts";
import { lookUpNames, lookUpSeries, lookUpValues, sortTexts } from "./index/lookup.ts";
import { resolveMatchers } from "./index/resolve.ts";
import { otherWork } from "./maintenance/flush.ts";
import { Maintenance } from "./maintenance/maintenance.ts";
import { MetadataStore } from "./metadata/metadata-store.ts";
import { uniteSeries } from "./query/build-selection.ts";
import { collectHeadPart } from "./query/head-part.ts";
import type { StoreOptions } from "./options.ts";
import type { TimeRange } from "./query/run.ts";
import { StoreSelection } from "./query/selection.ts";
import type { TableId } from "./table/table-id.ts";

// The series are renumbered when a quarter of them are gone, and not for a few.
const REMOVED_SERIES_MIN = 10_000;
// Under memory pressure when this part of that is gone.
const REMOVED_UNDER_PRESSURE = 1 / 4;
// Turns of the event loop to wait for nobody to read, so that they can be.
const UNREAD_TURNS_MAX = 1000;
// Or when the definitions in the log are far longer than what they say.
const DEFINITION_BYTES_MIN = 32 * 2 ** 20;
const DEFINITION_BYTES_PER_SERIES = 256;
// Length of a block unless the options say otherwise (TSDB-20).
const BLOCK_RANGE_MS = 2 * 3_600_000;

/**
 * Opens a store, or makes one where there is none.
 * @throws StorageError when the directory is locked, cannot be written or holds a newer format.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { blockRangeMs = BLOCK_RANGE_MS, tuning = {} } = options;
  const headOptions = { blockRangeMs, tuning };
  if (options.directory === undefined) return new HeadStore(options, new Head(headOptions), undefined);
  const directory = await openDirectory(options.directory, headOptions, options);
  return new HeadStore(options, directory.head, directory);
}

class HeadStore implements Store {
  readonly #options: StoreOptions;
  readonly #head: Head;
  readonly #lanes: Lanes;
  readonly #watch: HeadWatch;
  readonly #directory: Directory | undefined;
  readonly #writers = new Map<TableId, Set<HeadTableWriter>>();
  readonly #metadata = new MetadataStore();
  // Deleted ranges of head series. Replaced and never changed, so that selections keep what they saw.
  #deleted: ReadonlyMap<number, readonly TimeRange[]>;
  #headFrom = -Infinity; // Millis; what is before is read from blocks.
  readonly #outcomes = createTally();
  readonly #collections: CollectionCounts = { collections: 0, collectionMs: 0 };
  #isOpen = true;
  #closed: Promise<void> = Promise.resolve();
  // What lets go of the head's old rows, step by step.
  #collecting: Promise<void> = Promise.resolve();
  // Undefined: nothing is on disk.
  readonly #maintenance: Maintenance | undefined;

  constructor(options: StoreOptions, head: Head, directory: Directory | undefined) {
    this.#options = options;
    this.#head = head;
    this.#lanes = new Lanes(head);
    this.#watch = new HeadWatch(head, options, () => this.maintain());
    this.#directory = directory;
    const deleted = new Map<number, TimeRange[]>();
    for (const { series, from, to } of directory?.deletions ?? []) {
      deleted.set(series, [...(deleted.get(series) ?? []), { from, to }]);
    }
    this.#deleted = deleted;
    this.#headFrom = directory?.headFrom ?? -Infinity;
    this.#collectNow(this.#headFrom);
    head.floatsAppended = 0;
    head.histogramsAppended = 0;
    head.log = directory?.log;
    this.#maintenance = directory && this.#maintenanceOf(directory);
  }

  #maintenanceOf(directory: Directory): Maintenance {
    const { clock, logger, retentionMs, retentionBytes, retentionPercentage = 0 } = this.#options;
    let before = blockList(directory);
    return new Maintenance({
      head: this.#head,
      directory,
      gate: this.#head.gate,
      clock,
      logger,
      limits: { retentionMs, retentionBytes, retentionPercentage },
      headFrom: () => this.#headFrom,
      isCutEarly: () => this.#watch.isCutEarly(),
      deleted: () => this.#deleted,
      whileHeadKeeps: (work) => this.#whileHeadKeeps(work),
      onCut: (time) => this.#dropBefore(time),
      onBlocks: () => {
        const list = blockList(directory);
        if (list !== before) this.#head.changes.noteAll();
        before = list;
      },
    });
  }

  shareWith(): StoreSharing {
    return new HeadShares(this.#head);
  }

  get changes(): StoreChanges {
    return this.#head.changes;
  }

  openTable(key: string): TableWriter {
    const table = this.#head.tableOfKey(key);
    const writer: HeadTableWriter = new HeadTableWriter(table, {
      head: this.#head,
      now: () => this.#options.clock.now(),
      refusal: () => this.#directory?.log.refusal,
      appendLoose: (batch) => this.#append(batch, "partial"),
      onOutcome: (outcome) => addOutcome(this.#outcomes, outcome),
      onClose: () => this.#writers.get(table)?.delete(writer),
    });
    const writers = this.#writers.get(table);
    if (writers === undefined) this.#writers.set(table, new Set([writer]));
    else writers.add(writer);
    return writer;
  }

  async appendBatch(
    batch: readonly SeriesBatch[],
    mode: "all-or-nothing" | "partial",
  ): Promise<BatchOutcome> {
    const log = this.#directory?.log;
    const failure = log?.failure;
    if (failure !== undefined) throw failure;
    const outcome = this.#append(batch, mode);
    addOutcome(this.#outcomes, outcome);
    if (outcome.appended > 0) await log?.committed();
    return outcome;
  }

  #append(batch: readonly SeriesBatch[], mode: "all-or-nothing" | "partial"): BatchOutcome {
    assert(this.#isOpen, "a store that is not closed");
    return appendBatch(this.#head, this.#lanes, batch, { mode, nowMs: this.#options.clock.now() });
  }

  select(request: SelectRequest): Selection {
    const matchers = compileAll(request.matchers);
    const selections = this.#directory?.blocks.select(matchers, request) ?? [];
    const head = this.#head;
    const headFrom = this.#headFrom;
    const { from, to } = request;
    const united = uniteSeries(head.index, matchers, this.#headOverlaps(request), selections);
    const range = { from: Math.max(from, headFrom), to };
    return new StoreSelection({
      head: collectHeadPart(head, united.headSeries, range, request),
      blockOnly: united.blockOnly,
      blocks: united.blocks,
      from,
      to,
      headFrom,
      deleted: this.#deleted,
      heap: head.tables.heap,
      labels: head.index,
      onClose: head.gate.enter(),
    });
  }

  #headOverlaps(range: { readonly from: Millis; readonly to: Millis }): boolean {
    const { maxTime, minTime, late } = this.#head;
    if (range.from <= maxTime && range.to >= Math.max(minTime, this.#headFrom)) return true;
    return late.overlaps(range.from, range.to);
  }

  series(request: LookupRequest): Labels[] {
    const matchers = compileAll(request.matchers);
    const { index } = this.#head;
    const found = this.#headOverlaps(request) ? lookUpSeries(index, matchers) : [];
    const blocks = this.#directory?.blocks.overlapping(request) ?? [];
    if (blocks.length === 0) return found;
    const known = new Set(found.map(labelsKey));
    for (const block of blocks) {
      for (const labels of block.series(matchers)) {
        const key = labelsKey(labels);
        if (!known.has(key)) found.push(labels);
        known.add(key);
      }
    }
    return found;
  }

  labelNames(request: LookupRequest): string[] {
    const matchers = compileAll(request.matchers);
    const names = new Set(this.#headOverlaps(request) ? lookUpNames(this.#head.index, matchers) : []);
    for (const block of this.#directory?.blocks.overlapping(request) ?? []) {
      for (const name of block.labelNames(matchers)) names.add(name);
    }
    return sortTexts([...names]);
  }

  labelValues(name: string, request: LookupRequest): string[] {
    const matchers = compileAll(request.matchers);
    const { limit = Infinity } = request;
    const values = new Set(
      this.#headOverlaps(request) ? lookUpValues(this.#head.index, name, matchers, limit) : [],
    );
    for (const block of this.#directory?.blocks.overlapping(request) ?? []) {
      for (const value of block.labelValues(name, matchers).slice(0, limit)) values.add(value);
    }
    return sortTexts([...values]).slice(0, limit);
  }

  exemplars(matcherSets: readonly (readonly Matcher[])[], from: Millis, to: Millis): SeriesExemplars[] {
    return this.#head.exemplars.exemplars(matcherSets, from, to);
  }

  putMetadata(entries: readonly MetricMetadata[]): void {
    for (const entry of entries) this.#metadata.put(entry);
  }

  metadata(metric?: string): MetricMetadata[] {
    return this.#metadata.entries(metric);
  }

  reconfigure(tuning: StoreTuning): void {
    this.#maintenance?.configure(tuning);
    this.#head.configure(tuning);
    this.#watch.configure(tuning);
  }

  stats(): StoreStats {
    const head = this.#head;
    const { blocks, log, lock, replayMs = 0, corruptions = 0 } = this.#directory ?? {};
    const isEmpty = head.maxTime === -Infinity;
    const { outOfOrder, outOfBounds, tooOld } = this.#outcomes.histograms;
    return {
      headSeries: head.index.count - head.index.removedCount,
      headSeriesCreated: head.seriesForgotten + head.index.count,
      headSeriesRemoved: head.seriesForgotten + head.index.removedCount,
      headChunks: head.sealedSegments + head.openColumns(),
      headMinTime: isEmpty ? 2 ** 63 : Math.max(head.minTime, this.#headFrom),
      headMaxTime: isEmpty ? -(2 ** 63) : head.maxTime,
      samplesAppended: { float: head.floatsAppended, histogram: head.histogramsAppended },
      outOfOrder: this.#outcomes.outOfOrder,
      outOfBounds: this.#outcomes.outOfBounds,
      tooOld: this.#outcomes.tooOld,
      refusedHistograms: { outOfOrder, outOfBounds, tooOld },
      lateAppended: this.#outcomes.late,
      exemplars: head.exemplars.stats(),
      blocks: blocks?.count ?? 0,
      blockBytes: blocks?.bytes ?? 0,
      logBytes: log?.bytes() ?? 0,
      compactions: this.#maintenance?.counts.compactions ?? 0,
      compactionFailures: this.#maintenance?.counts.compactionFailures ?? 0,
      cleanStart: lock?.wasClean ?? true,
      replayMs,
      logCorruptions: corruptions,
      logFailures: log?.counts.commitFailures ?? 0,
      fsyncFailures: log?.counts.syncFailures ?? 0,
      ...(log === undefined ? {} : { durableTimeMs: log.durableMs }),
      isReadOnly: log?.failure !== undefined,
      headBytes: head.tables.heap.usedBytes,
      budget: head.budget.stats(),
      staleSeries: this.#watch.staleSeries,
      lowestTime: Math.min(
        isEmpty ? 2 ** 63 : Math.max(head.minTime, this.#headFrom),
        blocks?.minTime ?? Infinity,
      ),
      ...this.#diskStats(),
    };
  }

  #diskStats(): Pick<StoreStats, "disk"> {
    const directory = this.#directory;
    const maintenance = this.#maintenance;
    if (directory === undefined || maintenance === undefined) return {};
    return { disk: diskStats(directory, maintenance, this.#collections) };
  }

  cardinality(limit: number): CardinalityStats {
    return measureCardinality(this.#head.index, limit);
  }

  blocks(): StoredBlock[] {
    return this.#directory?.blocks.described() ?? [];
  }

  // Also while blocks are written: what they have taken over by then is deleted from them afterwards.
  async deleteSeries(matcherSets: readonly (readonly Matcher[])[], from: Millis, to: Millis): Promise<void> {
    const deleted = new Map(this.#deleted);
    for (const set of matcherSets) {
      for (const id of resolveMatchers(this.#head.index, compileAll(set))) {
        this.#deleteInHead(seriesId(id), { from, to }, deleted);
      }
      this.#directory?.blocks.delete(set, from, to);
    }
    this.#deleted = deleted;
    this.#head.changes.noteAll();
    await this.#directory?.log.committed();
  }

  // Only what is there now: later samples may carry times of the range.
  #deleteInHead(series: SeriesId, range: TimeRange, deleted: Map<number, readonly TimeRange[]>): void {
    const { late, minTime } = this.#head;
    const newest = Math.max(newestOf(this.#head, series).time, late.maxTime);
    const to = Math.min(range.to, newest);
    const from = Math.max(range.from, Math.min(late.minTime, Math.max(this.#headFrom, minTime)));
    if (to < from) return;
    deleted.set(series, [...(deleted.get(series) ?? []), { from, to }]);
    this.#directory?.log.deletion({ series, from: millis(from), to: millis(to) });
  }

  async cleanTombstones(): Promise<void> {
    await this.#maintenance?.cleanTombstones();
  }

  async snapshot({ skipHead }: { readonly skipHead: boolean }): Promise<string> {
    if (this.#maintenance === undefined) {
      throw new StorageError("a store in memory has no folder for snapshots");
    }
    return this.#maintenance.snapshot(skipHead);
  }

  async maintain(): Promise<void> {
    if (!this.#isOpen) return;
    if (this.#maintenance !== undefined) return this.#maintenance.run(() => this.#tidy());
    const { retentionMs } = this.#options;
    if (retentionMs > 0) this.#dropBefore(this.#head.maxTime - retentionMs);
    await this.#tidy();
  }

  async #tidy(): Promise<void> {
    await this.#collecting;
    await this.#watch.count();
    const compacted = this.#collecting.then(() => this.#compactSeries());
    this.#collecting = compacted.catch(() => undefined);
    await compacted;
    this.#head.budget.look();
  }

  // The index keeps what was removed until that is worth the work.
  async #compactSeries(): Promise<void> {
    const { index } = this.#head;
    const definitionBytes = this.#directory?.log.definitionBytes ?? 0;
    const spare = this.#head.budget.pressure === "normal" ? 1 : REMOVED_UNDER_PRESSURE;
    const isFull = index.removedCount > spare * Math.max(REMOVED_SERIES_MIN, index.count / 4);
    if (!isFull && definitionBytes < DEFINITION_BYTES_MIN + DEFINITION_BYTES_PER_SERIES * index.count) return;
    const compaction = new SeriesCompaction(this.#head);
    for (const _ of compaction.steps()) await otherWork();
    // Whoever reads holds numbers: then it has to wait for the next round.
    for (let turn = 0; turn < UNREAD_TURNS_MAX && this.#head.gate.openCount > 0; turn++) await otherWork();
    if (this.#head.gate.openCount > 0 || !this.#isOpen) return;
    const newIds = compaction.finish();
    this.#head.changes.noteAll();
    const deleted = new Map<number, readonly TimeRange[]>();
    for (const [series, ranges] of this.#deleted)
      if (newIds[series]! >= 0) deleted.set(newIds[series]!, ranges);
    this.#deleted = deleted;
    this.#directory?.blocks.forgetHeadIds();
    const deletions = Array.from(deleted, ([series, ranges]) =>
      ranges.map((range) => ({ series: seriesId(series), ...range })),
    );
    await this.#directory?.log.rewriteDefinitions(deletions.flat());
  }

  // The head no longer answers for what is before; its memory is free once the selections that read it are closed.
  #dropBefore(before: number): void {
    if (before <= this.#headFrom || !Number.isFinite(before)) return;
    this.#headFrom = before;
    this.#head.changes.noteAll();
    this.#head.floor = Math.max(this.#head.floor, before);
    this.#head.gate.afterPresent(() => {
      this.#collecting = this.#collecting.then(() => this.#collect(before));
    });
  }

  // The series keep their numbers, too: those change only while nobody is past the gate.
  #whileHeadKeeps<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#collecting.then(async () => {
      const leave = this.#head.gate.enter();
      try {
        return await work();
      } finally {
        leave();
      }
    });
    this.#collecting = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  async #collect(before: number): Promise<void> {
    const started = this.#options.clock.monotonic();
    for (const _ of this.#collection(before)) await otherWork();
    this.#head.changes.noteAll();
    this.#forgetDeletions(before);
    this.#collections.collections++;
    this.#collections.collectionMs += this.#options.clock.monotonic() - started;
  }

  #collectNow(before: number): void {
    for (const _ of this.#collection(before)) continue;
    this.#forgetDeletions(before);
  }

  #collection(before: number): Generator<void> {
    return collectHead(this.#head, before, {
      isOpen: (table) => (this.#writers.get(table)?.size ?? 0) > 0,
      isPinned: (table, column) => {
        for (const writer of this.#writers.get(table) ?? []) if (writer.holds(column)) return true;
        return false;
      },
    });
  }

  #forgetDeletions(before: number): void {
    this.#lanes.forgetRemoved();
    const deleted = new Map<number, readonly TimeRange[]>();
    for (const [series, ranges] of this.#deleted) {
      const kept = ranges.filter((range) => range.to >= Math.min(before, this.#head.late.minTime));
      if (kept.length > 0) deleted.set(series, kept);
    }
    this.#deleted = deleted;
  }

  // What is under way is stopped rather than waited for.
  async close(): Promise<void> {
    if (!this.#isOpen) return this.#closed;
    this.#isOpen = false;
    this.#closed = this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const directory = this.#directory;
    if (directory === undefined) return;
    this.#maintenance?.stop();
    await closeDirectory(directory, async () => this.#maintenance?.ended());
  }
}

// Tells whether blocks were added or removed.
function blockList({ blocks }: Directory): string {
  return blocks
    .described()
    .map(({ generation }) => generation)
    .join(" ");
}

function compileAll(matchers: readonly Matcher[]): CompiledMatcher[] {
  return matchers.map((matcher) => compileMatcher(matcher));
}
