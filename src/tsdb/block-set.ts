// The blocks of a data directory: which count (the catalogue in head.db), which are open, what is deleted in them.

import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errorText, type Logger } from "../base/index.ts";
import { compileMatcher, millis, type CompiledMatcher, type Matcher, type Millis } from "../model/index.ts";
import type { StoredBlock } from "../storage/index.ts";
import {
  CacheBudget,
  listBlockFiles,
  openBlock,
  removeUnfinishedBlocks,
  type BlockReader,
  type BlockSelection,
  type Deletion,
} from "./block/index.ts";
import type { HeadDatabase } from "./log/database.ts";
import { BlockSeriesMap } from "./query/build-selection.ts";

// Decoded pages of all blocks together.
const CACHE_BYTES = 64 * 2 ** 20;

interface Member {
  readonly reader: BlockReader;
  map: BlockSeriesMap;
}

/** A deletion that applies to the blocks of a generation or less. */
interface StoredDeletion extends Deletion {
  readonly generation: number;
  readonly source: string; // The matchers as JSON.
}

/** A closed range of time. */
interface Range {
  readonly from: Millis;
  readonly to: Millis;
}

export class BlockSet {
  readonly directory: string;
  readonly #database: HeadDatabase;
  readonly #logger: Logger;
  readonly #cache = new CacheBudget(CACHE_BYTES);
  readonly #members = new Map<string, Member>(); // By file.
  #deletions: StoredDeletion[] = [];
  #lastGeneration = 0;
  damagedPages = 0;

  /** Opens the blocks that count and removes what an interrupted writing left. */
  constructor(directory: string, database: HeadDatabase, logger: Logger) {
    this.directory = directory;
    this.#database = database;
    this.#logger = logger;
    mkdirSync(directory, { recursive: true });
    removeUnfinishedBlocks(directory);
    for (const file of database.announcedBlocks()) {
      rmSync(join(directory, file), { force: true });
      database.removeBlock(file);
    }
    this.#deletions = database.deletions().map(({ matchers, from, to, generation }) => ({
      matchers: (JSON.parse(matchers) as Matcher[]).map((matcher) => compileMatcher(matcher)),
      from: millis(from),
      to: millis(to),
      generation,
      source: matchers,
    }));
    this.reload();
  }

  /** Takes in files that were put there by hand and lets go of those that were taken away. Spec TSDB-24. */
  reload(): void {
    const registered = new Set(this.#database.blockFiles());
    for (const [file, { reader }] of this.#members) {
      if (existsSync(reader.path)) continue;
      this.#logger.warn("block was removed by hand", { file });
      this.#drop(file);
    }
    const announced = new Set(this.#database.announcedBlocks());
    for (const { file, generation } of listBlockFiles(this.directory)) {
      if (announced.has(file)) continue;
      this.#lastGeneration = Math.max(this.#lastGeneration, generation);
      if (this.#members.has(file)) continue;
      if (!registered.has(file)) {
        this.#logger.info("found a new block", { file });
        this.#database.addBlock(file);
      }
      this.add(file);
    }
    for (const file of registered) {
      if (existsSync(join(this.directory, file))) continue;
      if (!this.#members.has(file)) this.#logger.error("block is missing", { file });
      this.#database.removeBlock(file);
    }
  }

  /** Opens a registered block; one that cannot be opened is left out and reported. */
  add(file: string): void {
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
      this.#logger.error("block left out", { file, reason: errorText(error) });
    }
  }

  /** A number above those of all blocks there were. */
  nextGeneration(): number {
    return ++this.#lastGeneration;
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

  /** Selections of the blocks that overlap the range, first written first. */
  select(
    matchers: readonly CompiledMatcher[],
    range: Range,
  ): { readonly selection: BlockSelection; readonly map: BlockSeriesMap }[] {
    return this.readers()
      .filter((reader) => overlaps(reader, range))
      .map((reader) => ({
        selection: reader.select(matchers, range.from, range.to),
        map: this.#members.get(reader.meta.file)!.map,
      }));
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

  get count(): number {
    return this.#members.size;
  }

  /** Marks samples of all present blocks as deleted. */
  delete(matchers: readonly Matcher[], from: Millis, to: Millis): void {
    if (this.overlapping({ from, to }).length === 0) return;
    const generation = this.#lastGeneration;
    const source = JSON.stringify(matchers);
    this.#database.addDeletion({ matchers: source, from, to, generation });
    const compiled = matchers.map((matcher) => compileMatcher(matcher));
    this.#deletions = [...this.#deletions, { matchers: compiled, from, to, generation, source }];
    for (const reader of this.readers()) this.#applyDeletions(reader);
  }

  /** Deletions that apply to blocks of some generation from `generation` on. */
  deletionsFrom(generation: number): readonly StoredDeletion[] {
    return this.#deletions.filter((deletion) => deletion.generation >= generation);
  }

  /** Takes a block out of the catalogue and deletes its file; selections that read it go on. */
  remove(file: string): void {
    const path = join(this.directory, file);
    this.#drop(file);
    rmSync(path, { force: true });
    this.#forgetDeletions();
  }

  // Deletions end with the last block that they apply to.
  #forgetDeletions(): void {
    const oldest = Math.min(...this.readers().map((reader) => reader.meta.generation));
    if (this.#deletions.every(({ generation }) => generation >= oldest)) return;
    this.#database.removeDeletionsBelow(oldest);
    this.#deletions = this.#deletions.filter(({ generation }) => generation >= oldest);
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
    reader.setDeletions(this.deletionsFrom(reader.meta.generation));
  }

  #drop(file: string): void {
    this.#database.removeBlock(file);
    this.#members.get(file)?.reader.close();
    this.#members.delete(file);
  }
}

function overlaps(reader: BlockReader, range: Range): boolean {
  return range.from < reader.meta.to && range.to >= reader.meta.from;
}
