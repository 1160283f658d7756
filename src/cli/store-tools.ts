import type { BlockInput } from "../import/index.ts";
import type { CompiledMatcher } from "../model/index.ts";
import type { Queryable, Selection } from "../storage/index.ts";

/** What a listing says of a block. */
export interface BlockSummary {
  readonly file: string;
  readonly from: number; // Millis; the block stands for [from, to).
  readonly to: number;
  readonly minTime: number; // Millis of its first and last sample.
  readonly maxTime: number;
  readonly generation: number;
  readonly seriesCount: number;
  readonly sampleCount: number;
  readonly fileBytes: number;
}

/** Takes blocks into a data directory: all of them, by `commit`, or none. */
export interface BlockSink {
  /** Undefined: it had no samples. */
  add(input: BlockInput, options: { readonly level: number }): Promise<BlockSummary | undefined>;
  commit(): void;
  /** Idempotent, and harmless after `commit`. */
  discard(): void;
}

/** A store as it was at one moment. */
export interface StoreView extends Pick<Queryable, "select"> {
  close(): Promise<void>;
}

/** What a full check read and found wrong. */
export interface CheckReport {
  readonly blocks: number;
  readonly pages: number;
  readonly series: number;
  readonly samples: number;
  readonly headSeries: number;
  readonly damages: readonly string[];
  readonly notes: readonly string[];
}

type CopyProgress = (step: "copy" | "verify", done: number, total: number) => void;

/**
 * What the commands on data directories need of the store; entry points pass it in. All throw StorageError, and all but
 * `beginImport` only read the directory they are given, which a server may be running on.
 */
export interface StoreTools {
  beginImport(directory: string): BlockSink;
  list(directory: string): readonly BlockSummary[];
  openView(directory: string, sandboxRoot: string | undefined): Promise<StoreView>;
  /** All series of one block that `list` gave. To be closed. */
  selectBlock(directory: string, file: string, matchers: readonly CompiledMatcher[]): Selection;
  verify(directory: string, onProgress: (done: number, total: number) => void): CheckReport;
  backup(
    directory: string,
    target: string,
    onProgress: CopyProgress,
  ): CheckReport & { readonly bytes: number };
  restore(
    backup: string,
    directory: string,
    onProgress: CopyProgress,
  ): CheckReport & { readonly bytes: number };
}
