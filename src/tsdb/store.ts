// The store: one head, the blocks below it, and what keeps both on disk.

import { NarthexError, type Clock, type Logger } from "../base/index.ts";
import { compareText, compileMatcher, seriesId } from "../model/index.ts";
import type { Labels, Matcher, Millis, SeriesId } from "../model/index.ts";
import type {
  BatchOutcome,
  CardinalityStats,
  LookupRequest,
  Selection,
  SelectRequest,
  SeriesBatch,
  Store,
  StoreStats,
  TableWriter,
} from "../storage/index.ts";
import { appendBatch } from "./head/batch.ts";
import { Head } from "./head/head.ts";
import { Lanes } from "./head/lanes.ts";
import { newestOf } from "./head/order.ts";
import { HeadTableWriter } from "./head/writer.ts";
import { measureCardinality } from "./index/cardinality.ts";
import { lookUpNames, lookUpSeries, lookUpValues } from "./index/lookup.ts";
import { resolveMatchers } from "./index/resolve.ts";
import type { TimeRange } from "./query/run.ts";
import { StoreSelection } from "./query/selection.ts";

/** Length of a block unless the options say otherwise (TSDB-20). */
const BLOCK_RANGE_MS = 2 * 3_600_000;

export interface StoreOptions {
  /** Where everything is kept. Undefined: in memory only. */
  readonly directory: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Age in ms at which blocks are removed; 0: never. */
  readonly retentionMs: number;
  /** Total size in bytes above which the oldest blocks are removed; 0: never. */
  readonly retentionBytes: number;
  /** Length of a block in ms; default two hours. */
  readonly blockRangeMs?: number;
}

/** The store's files cannot be opened, read or written. */
export class StorageError extends NarthexError {
  override readonly name = "StorageError";
  readonly errorType = "internal";
}

/** Opens a store, or makes one where there is none. */
export async function openStore(options: StoreOptions): Promise<Store> {
  return new HeadStore(options);
}

class HeadStore implements Store {
  readonly #options: StoreOptions;
  readonly #head: Head;
  readonly #lanes: Lanes;
  readonly #deleted = new Map<number, readonly TimeRange[]>(); // By series; lists are replaced, never changed.
  #outOfOrder = 0;
  #outOfBounds = 0;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#head = new Head({ blockRangeMs: options.blockRangeMs ?? BLOCK_RANGE_MS });
    this.#lanes = new Lanes(this.#head);
  }

  openTable(key: string): TableWriter {
    return new HeadTableWriter(this.#head.tableOfKey(key), {
      head: this.#head,
      now: () => this.#options.clock.now(),
      appendLoose: (batch) => this.#append(batch, "partial"),
      onClose: () => {},
    });
  }

  async appendBatch(
    batch: readonly SeriesBatch[],
    mode: "all-or-nothing" | "partial",
  ): Promise<BatchOutcome> {
    return this.#append(batch, mode);
  }

  #append(batch: readonly SeriesBatch[], mode: "all-or-nothing" | "partial"): BatchOutcome {
    const outcome = appendBatch(this.#head, this.#lanes, batch, { mode, nowMs: this.#options.clock.now() });
    this.#outOfOrder += outcome.outOfOrder;
    this.#outOfBounds += outcome.outOfBounds;
    return outcome;
  }

  select(request: SelectRequest): Selection {
    const matchers = request.matchers.map((matcher) => compileMatcher(matcher));
    const headSeries = this.#headOverlaps(request) ? resolveMatchers(this.#head.index, matchers) : NO_SERIES;
    return new StoreSelection({
      head: this.#head,
      headSeries,
      blockOnly: [],
      blocks: [],
      from: request.from,
      to: request.to,
      headFrom: -Infinity,
      deleted: this.#deleted,
      onClose: () => {},
    });
  }

  #headOverlaps(range: { readonly from: Millis; readonly to: Millis }): boolean {
    return range.from <= this.#head.maxTime && range.to >= this.#head.minTime;
  }

  series(request: LookupRequest): Labels[] {
    if (!this.#headOverlaps(request)) return [];
    return lookUpSeries(
      this.#head.index,
      request.matchers.map((matcher) => compileMatcher(matcher)),
    );
  }

  labelNames(request: LookupRequest): string[] {
    if (!this.#headOverlaps(request)) return [];
    const matchers = request.matchers.map((matcher) => compileMatcher(matcher));
    return lookUpNames(this.#head.index, matchers).toSorted(compareText);
  }

  labelValues(name: string, request: LookupRequest): string[] {
    if (!this.#headOverlaps(request)) return [];
    const matchers = request.matchers.map((matcher) => compileMatcher(matcher));
    return lookUpValues(this.#head.index, name, matchers).toSorted(compareText);
  }

  stats(): StoreStats {
    const head = this.#head;
    const isEmpty = head.maxTime === -Infinity;
    return {
      headSeries: head.index.count - head.index.removedCount,
      headSeriesCreated: head.index.count,
      headSeriesRemoved: head.index.removedCount,
      headChunks: head.sealedSegments,
      headMinTime: isEmpty ? 2 ** 63 : head.minTime,
      headMaxTime: isEmpty ? -(2 ** 63) : head.maxTime,
      samplesAppended: { float: head.floatsAppended, histogram: head.histogramsAppended },
      outOfOrder: this.#outOfOrder,
      outOfBounds: this.#outOfBounds,
      tooOld: 0,
      blocks: 0,
      blockBytes: 0,
      logBytes: 0,
      compactions: 0,
      compactionFailures: 0,
      cleanStart: true,
      replayMs: 0,
    };
  }

  cardinality(limit: number): CardinalityStats {
    return measureCardinality(this.#head.index, limit);
  }

  async deleteSeries(matcherSets: readonly (readonly Matcher[])[], from: Millis, to: Millis): Promise<void> {
    for (const set of matcherSets) {
      const matchers = set.map((matcher) => compileMatcher(matcher));
      for (const id of resolveMatchers(this.#head.index, matchers)) this.#delete(seriesId(id), from, to);
    }
  }

  // Only what is there now: later samples may carry times of the range.
  #delete(series: SeriesId, from: Millis, to: Millis): void {
    const newest = newestOf(this.#head, series).time;
    if (newest < from) return;
    const ranges = this.#deleted.get(series) ?? [];
    this.#deleted.set(series, [...ranges, { from, to: Math.min(to, newest) }]);
  }

  async cleanTombstones(): Promise<void> {}

  async snapshot(): Promise<string> {
    throw new StorageError("a store in memory has no folder for snapshots");
  }

  async maintain(): Promise<void> {}

  async close(): Promise<void> {}
}

const NO_SERIES = new Uint32Array(0);
