// The blocks of a data directory: which count (the catalogue in head.db), which are open, what is deleted in them.

import { closeSync, fsyncSync, mkdirSync, openSync, rmSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { errorText, type Logger } from "../base/index.ts";
import { compileMatcher, millis, type CompiledMatcher, type Matcher, type Millis } from "../model/index.ts";
import type { StoredBlock } from "../storage/index.ts";
import {
  blockFileName,
  CacheBudget,
  listBlockFiles,
  missingBlockSelection,
  openBlock,
  parseBlockFileName,
  removeUnfinishedBlocks,
  type BlockFileName,
  type BlockReader,
  type BlockSelection,
  type Deletion,
} from "./block/index.ts";
import type { BlockDeletionRow, CatalogueChange } from "./log/commit.ts";
import type { Catalogue } from "./log/database.ts";
import type { SelectionGate } from "./table/selection-gate.ts";
import { BlockSeriesMap } from "./query/build-selection.ts";

// Decoded pages of all blocks together.
const CACHE_BYTES = 64 * 2 ** 20;

interface Member {
  readonly reader: BlockReader;
  map: BlockSeriesMap;
}

/** A deletion that applies to the blocks of a generation or less. */
interface StoredDeletion extends Deletion {
  readonly row: BlockDeletionRow;
}

/** A closed range of time. */
interface Range {
  readonly from: Millis;
  readonly to: Millis;
}

/** What the set needs of the log. */
export interface CatalogueLog {
  change(...changes: readonly CatalogueChange[]): Promise<void>;
  durable(): Promise<void>;
}

/** A block that is being written. */
export interface NewBlock {
  readonly file: string;
  readonly generation: number;
}

export class BlockSet {
  readonly directory: string;
  readonly #log: CatalogueLog;
  readonly #gate: SelectionGate;
  readonly #logger: Logger;
  readonly #cache = new CacheBudget(CACHE_BYTES);
  readonly #members = new Map<string, Member>(); // By file.
  readonly #registered: Set<string>;
  readonly #writing = new Map<string, number>(); // Files that are being written, and their generation.
  readonly #unreadable = new Map<string, BlockFileName>(); // Files that cannot be opened.
  readonly #leaving = new Set<string>(); // Files that count no more and are still there.
  #deletions: StoredDeletion[];
  #lastGeneration = 0;
  #lastDeletion = 0;
  damagedPages = 0;
  reloads = 0;
  reloadFailures = 0;

  /** Opens the blocks that count and removes what an interrupted writing left. */
  constructor(
    directory: string,
    catalogue: Catalogue,
    context: { readonly log: CatalogueLog; readonly logger: Logger; readonly gate: SelectionGate },
  ) {
    this.directory = directory;
    this.#log = context.log;
    this.#gate = context.gate;
    this.#logger = context.logger;
    mkdirSync(directory, { recursive: true });
    removeUnfinishedBlocks(directory);
    for (const file of catalogue.rubbish) rmSync(join(directory, file), { force: true });
    if (catalogue.rubbish.length > 0) syncDirectory(directory);
    this.#later(...catalogue.rubbish.map((file) => ({ kind: "removeBlock", file }) as const));
    this.#registered = new Set(catalogue.files);
    this.#deletions = catalogue.deletions.map((row) => readDeletion(row));
    this.#lastDeletion = Math.max(0, ...catalogue.deletions.map(({ id }) => id));
    this.reload();
  }

  // With the next commit; nobody waits for it.
  #later(...changes: readonly CatalogueChange[]): void {
    if (changes.length === 0) return;
    this.#log.change(...changes).catch((error: unknown) => {
      this.#logger.warn("the catalogue of blocks is behind", { reason: errorText(error) });
    });
  }

  /** Takes in files that were put there by hand and lets go of those that were taken away. Spec TSDB-24. */
  reload(): void {
    this.reloads++;
    const blocks = listBlockFiles(this.directory);
    const present = new Set(blocks.map(({ file }) => file));
    for (const file of this.#members.keys()) {
      if (present.has(file)) continue;
      this.#logger.warn("block was removed by hand", { file });
      this.#forget(file);
      this.#later({ kind: "removeBlock", file });
    }
    this.#unreadable.clear();
    for (const { file, generation } of blocks) {
      this.#lastGeneration = Math.max(this.#lastGeneration, generation);
      if (this.#writing.has(file) || this.#leaving.has(file) || this.#members.has(file)) continue;
      if (!this.#registered.has(file)) {
        this.#logger.info("found a new block", { file });
        this.#later({ kind: "addBlock", file });
      }
      this.#open(file);
    }
    for (const file of this.#registered) {
      if (present.has(file)) continue;
      this.#logger.error("block is missing", { file });
      this.#registered.delete(file);
      this.#later({ kind: "removeBlock", file });
    }
  }

  // One that cannot be opened is left out and reported.
  #open(file: string): void {
    this.#registered.add(file);
    try {
      const reader = openBlock(join(this.directory, file), {
        cache: this.#cache,
        onDamage: ({ file: path, page, reason }) => {
          this.damagedPages++;
          this.#logger.error("damaged page of a block left out", { file: path, page, reason });
        },
      });
      this.#members.set(file, { reader, map: new BlockSeriesMap(reader.meta.seriesCount) });
      this.#applyDeletions(reader);
    } catch (error) {
      this.reloadFailures++;
      const name = parseBlockFileName(file);
      if (name !== undefined) this.#unreadable.set(file, name);
      this.#logger.error("block left out", { file, reason: errorText(error) });
    }
  }

  /** A number above those of all blocks there were. */
  nextGeneration(): number {
    return ++this.#lastGeneration;
  }

  /** Enters a block that is about to be written; when this resolves, what a crash leaves of it is rubbish. */
  async announce(range: { readonly from: number; readonly to: number }): Promise<NewBlock> {
    const generation = this.nextGeneration();
    const file = blockFileName(range.from, range.to, generation);
    this.#writing.set(file, generation);
    try {
      await this.#log.change({ kind: "announceBlock", file });
    } catch (error) {
      this.#writing.delete(file);
      throw error;
    }
    return { file, generation };
  }

  /** Gives an announced block up, whose file is not there. */
  abandon(file: string): void {
    this.#writing.delete(file);
    this.#later({ kind: "removeBlock", file });
  }

  /**
   * Puts announced blocks in the place of others, together with `more` changes. `written` tells those that have a file.
   * When this resolves, all of it is committed, and queries see it.
   */
  async replace(
    change: {
      readonly written: readonly string[];
      readonly empty: readonly string[];
      readonly old: readonly string[];
    },
    ...more: readonly CatalogueChange[]
  ): Promise<void> {
    const { written, empty, old } = change;
    await this.#log.change(
      ...written.map((file) => ({ kind: "addBlock", file }) as const),
      ...empty.map((file) => ({ kind: "removeBlock", file }) as const),
      ...old.map((file) => ({ kind: "discardBlock", file }) as const),
      ...more,
    );
    for (const file of old) this.#leave(file);
    for (const file of empty) this.#writing.delete(file);
    for (const file of written) {
      this.#writing.delete(file);
      this.#open(file);
    }
    this.#forgetDeletions();
  }

  /** Deletes the files of blocks that were replaced, those with damage excepted, once that they were is on the disk. */
  async deleteReplaced(files: readonly string[], damaged: readonly string[]): Promise<void> {
    await this.#log.durable();
    await this.#whenUnread(() => this.#deleteFiles(files, damaged));
  }

  // A selection may have files opened in another thread as long as it is open. Waits for none of them.
  async #whenUnread(work: () => Promise<void>): Promise<void> {
    let done: Promise<void> | undefined;
    this.#gate.afterPresent(() => {
      done = work();
      done.catch((error: unknown) => {
        this.#logger.error("deleting the files of blocks failed", { reason: errorText(error) });
      });
    });
    await done;
  }

  async #deleteFiles(files: readonly string[], damaged: readonly string[]): Promise<void> {
    for (const file of files) {
      const path = join(this.directory, file);
      if (damaged.includes(file)) {
        this.#logger.error("block with damaged pages is kept aside", { file: `${path}.damaged` });
        await rename(path, `${path}.damaged`);
      } else await rm(path, { force: true });
    }
    await this.#forgetFiles(files);
  }

  /** Removes a block; selections that read it go on. Needs no room on the disk. */
  async remove(file: string): Promise<void> {
    this.#later({ kind: "discardBlock", file });
    this.#leave(file);
    this.#forgetDeletions();
    await this.#whenUnread(() => this.#deleteFiles([file], []));
  }

  // As long as the catalogue calls a file rubbish, it does not come back when the power goes before its deletion is on
  // the disk.
  async #forgetFiles(files: readonly string[]): Promise<void> {
    const directory = await open(this.directory, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
    for (const file of files) this.#leaving.delete(file);
    this.#later(...files.map((file) => ({ kind: "removeBlock", file }) as const));
  }

  #leave(file: string): void {
    this.#forget(file);
    this.#leaving.add(file);
  }

  #forget(file: string): void {
    this.#registered.delete(file);
    this.#unreadable.delete(file);
    this.#members.get(file)?.reader.close();
    this.#members.delete(file);
  }

  /** Open blocks, first written first. */
  readers(): BlockReader[] {
    return Array.from(this.#members.values(), ({ reader }) => reader).toSorted(
      (a, b) => a.meta.generation - b.meta.generation,
    );
  }

  /** What open blocks hold, by the start of their range. */
  described(): StoredBlock[] {
    return this.readers()
      .map(({ meta }) => ({
        from: meta.from,
        to: meta.to,
        generation: meta.generation,
        level: meta.level,
        series: meta.seriesCount,
        samples: { float: meta.sampleCount - meta.histogramCount, histogram: meta.histogramCount },
      }))
      .toSorted((a, b) => a.from - b.from);
  }

  /** Selections of the blocks that overlap the range, first written first, then of those that cannot be opened. */
  select(
    matchers: readonly CompiledMatcher[],
    range: Range,
  ): { readonly selection: BlockSelection; readonly map: BlockSeriesMap }[] {
    const selections = this.overlapping(range).map((reader) => ({
      selection: reader.select(matchers, range.from, range.to),
      map: this.#members.get(reader.meta.file)!.map,
    }));
    for (const { file, from, to } of this.#unreadable.values()) {
      if (range.from >= to || range.to < from) continue;
      const selection = missingBlockSelection(join(this.directory, file));
      selections.push({ selection, map: new BlockSeriesMap(0) });
    }
    return selections;
  }

  /** Open blocks that overlap the range, first written first. */
  overlapping(range: Range): BlockReader[] {
    return this.readers().filter((reader) => overlaps(reader, range));
  }

  /** End (ms) of the newest block; -Infinity without blocks. */
  get end(): number {
    let end = -Infinity;
    for (const { reader } of this.#members.values()) end = Math.max(end, reader.meta.to);
    return end;
  }

  /** Blocks that are being written now. */
  get writingCount(): number {
    return this.#writing.size;
  }

  /** Time (ms) of the oldest sample in a block; Infinity without blocks. */
  get minTime(): number {
    let oldest = Infinity;
    for (const { reader } of this.#members.values()) oldest = Math.min(oldest, reader.meta.minTime);
    return oldest;
  }

  get count(): number {
    return this.#members.size;
  }

  /** Marks samples of all present blocks, and of those being written, as deleted. */
  delete(matchers: readonly Matcher[], from: Millis, to: Millis): void {
    if (this.#writing.size === 0 && this.overlapping({ from, to }).length === 0) return;
    const row = {
      id: ++this.#lastDeletion,
      matchers: JSON.stringify(matchers),
      from,
      to,
      generation: this.#lastGeneration,
    };
    this.#later({ kind: "addDeletion", deletion: row });
    this.#deletions = [...this.#deletions, readDeletion(row)];
    for (const reader of this.readers()) this.#applyDeletions(reader);
  }

  /** All deletions that some block needs. */
  deletions(): BlockDeletionRow[] {
    return this.#deletions.map(({ row }) => row);
  }

  // Deletions end with the last block that they apply to.
  #forgetDeletions(): void {
    const generations = this.readers().map((reader) => reader.meta.generation);
    const oldest = Math.min(...generations, ...this.#writing.values());
    if (this.#deletions.every(({ row }) => row.generation >= oldest)) return;
    // A number that SQLite takes, above all there are.
    const generation = Math.min(oldest, this.#lastGeneration + 1);
    this.#later({ kind: "removeDeletionsBelow", generation });
    this.#deletions = this.#deletions.filter(({ row }) => row.generation >= oldest);
  }

  close(): void {
    for (const { reader } of this.#members.values()) reader.close();
    this.#members.clear();
  }

  /** To be called when series of the head have new numbers. */
  forgetHeadIds(): void {
    for (const member of this.#members.values())
      member.map = new BlockSeriesMap(member.reader.meta.seriesCount);
  }

  get bytes(): number {
    let bytes = 0;
    for (const { reader } of this.#members.values()) bytes += reader.meta.fileBytes;
    return bytes;
  }

  #applyDeletions(reader: BlockReader): void {
    reader.setDeletions(this.#deletions.filter(({ row }) => row.generation >= reader.meta.generation));
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function readDeletion(row: BlockDeletionRow): StoredDeletion {
  return {
    matchers: (JSON.parse(row.matchers) as Matcher[]).map((matcher) => compileMatcher(matcher)),
    from: millis(row.from),
    to: millis(row.to),
    row,
  };
}

function overlaps(reader: BlockReader, range: Range): boolean {
  return range.from < reader.meta.to && range.to >= reader.meta.from;
}
