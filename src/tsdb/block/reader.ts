import { basename } from "node:path";
import { MalformedBytesError } from "../../base/index.ts";
import type { CompiledMatcher, Labels, Millis } from "../../model/index.ts";
import { BlockIndex } from "./block-index.ts";
import { ColumnReader } from "./column-reader.ts";
import type {
  BlockMeta,
  BlockReader,
  BlockReadStats,
  BlockSelection,
  Deletion,
  DescribedSelection,
  LabelPair,
  OpenBlockOptions,
} from "./contract.ts";
import { BlockReadError, DamagedBlockError } from "./errors.ts";
import { blockFileName, parseBlockFileName } from "./file-name.ts";
import { BlockFile } from "./file.ts";
import { readHeader, type BlockHeader, type Root } from "./header.ts";
import { findSeries, pairsOfSeries } from "./lookup.ts";
import { CacheBudget } from "./page-cache.ts";
import { unite } from "./postings.ts";
import { OpenSelection, type DeletedRange } from "./selection.ts";

const CACHE_BYTES = 16 * 2 ** 20;

/**
 * Opens a block by reading its header and nothing else.
 * @throws DamagedBlockError when there is no header to read, UnsupportedBlockError for a newer format.
 */
export function openBlock(path: string, options: OpenBlockOptions = {}): BlockReader {
  const file = new BlockFile(path, options.onDamage);
  try {
    const header = readHeader(file.load("header", 0), path);
    checkName(path, header);
    return new Block(file, header, options.cache ?? new CacheBudget(CACHE_BYTES));
  } catch (thrown) {
    file.close();
    if (!(thrown instanceof MalformedBytesError)) throw thrown;
    throw new DamagedBlockError(path, `its header cannot be read: ${thrown.message}`, { cause: thrown });
  }
}

// A file under the name of another would answer for a time that is not its own.
function checkName(path: string, header: BlockHeader): void {
  const name = parseBlockFileName(basename(path));
  if (name === undefined) return;
  const { from, to, generation } = header;
  if (name.from === from && name.to === to && name.generation === generation) return;
  throw new MalformedBytesError(`it is that of ${blockFileName(from, to, generation)}`);
}

class Block implements BlockReader {
  readonly path: string;
  readonly meta: BlockMeta;
  readonly #file: BlockFile;
  readonly #index: BlockIndex;
  readonly #columns: ColumnReader;
  #deletions: readonly Deletion[] = [];
  #deletedSeries: readonly Uint32Array[] | undefined; // Series of each deletion, found when first needed.
  #selections = 0;
  #closed = false;

  constructor(file: BlockFile, header: BlockHeader, budget: CacheBudget) {
    const { timelineCount: _, ...meta } = header;
    this.path = file.path;
    this.meta = { ...meta, file: basename(file.path), fileBytes: file.fileBytes };
    this.#file = file;
    this.#index = new BlockIndex(file, header, budget);
    this.#columns = new ColumnReader(file, this.#index, budget);
  }

  select(matchers: readonly CompiledMatcher[], from: Millis, to: Millis): BlockSelection {
    const losses = this.#file.losses;
    const overlaps = from <= this.meta.maxTime && to >= this.meta.minTime && from <= to;
    const root = overlaps ? this.#index.root() : undefined;
    const numbers =
      root === undefined ? new Uint32Array(0) : this.#readable(root, this.#find(root, matchers));
    const deleted = root === undefined ? NOTHING_DELETED : this.#deletedRanges(from, to);
    const isIncomplete = this.#file.losses > losses;
    return this.#open(numbers, root, { from, to, deleted, isIncomplete });
  }

  reopen({ numbers, ...described }: DescribedSelection): BlockSelection {
    const root = this.#index.root();
    // The thread that selected the series could read what this one finds damaged.
    if (root === undefined || numbers === undefined) throw new BlockReadError(this.path, "with the index");
    return this.#open(numbers, root, described);
  }

  #open(
    numbers: Uint32Array,
    root: Root | undefined,
    rest: Pick<DescribedSelection, "from" | "to" | "deleted" | "isIncomplete">,
  ): BlockSelection {
    this.#selections++;
    return new OpenSelection(
      {
        ...rest,
        path: this.path,
        losses: () => this.#file.losses,
        index: this.#index,
        columns: this.#columns,
        root: root ?? EMPTY_ROOT,
        onClose: () => {
          this.#selections--;
          this.#release();
        },
      },
      numbers,
    );
  }

  *pairs(): Generator<LabelPair> {
    const root = this.#index.root();
    if (root === undefined) return;
    for (const [place, name] of root.names.entries()) {
      for (let pair = root.firstPairs[place]!; pair < root.firstPairs[place + 1]!; pair++) {
        yield { name, value: this.#index.value(root, pair) };
      }
    }
  }

  series(matchers: readonly CompiledMatcher[]): Labels[] {
    const root = this.#index.root();
    if (root === undefined) return [];
    const all: Labels[] = [];
    for (const number of this.#find(root, matchers)) {
      const labels = this.#index.labels(root, number);
      if (labels !== undefined) all.push(labels);
    }
    return all;
  }

  labelNames(matchers: readonly CompiledMatcher[]): string[] {
    const root = this.#index.root();
    if (root === undefined) return [];
    if (matchers.length === 0) return [...root.names];
    const names: string[] = [];
    const pairs = pairsOfSeries(this.#index, root, this.#readable(root, this.#find(root, matchers)), {
      from: 0,
      to: root.firstPairs.at(-1)!,
    });
    let at = 0;
    root.names.forEach((name, i) => {
      const before = at;
      while (at < pairs.length && pairs[at]! < root.firstPairs[i + 1]!) at++;
      if (at > before) names.push(name);
    });
    return names;
  }

  labelValues(name: string, matchers: readonly CompiledMatcher[]): string[] {
    const root = this.#index.root();
    const place = root?.names.indexOf(name) ?? -1;
    if (root === undefined || place < 0) return [];
    const from = root.firstPairs[place]!;
    const to = root.firstPairs[place + 1]!;
    const values: string[] = [];
    const add = (pair: number): void => {
      const value = this.#index.value(root, pair);
      if (value !== undefined) values.push(value);
    };
    if (matchers.length === 0) for (let pair = from; pair < to; pair++) add(pair);
    else {
      const series = this.#readable(root, this.#find(root, matchers));
      pairsOfSeries(this.#index, root, series, { from, to }).forEach(add);
    }
    return values;
  }

  #find(root: Root, matchers: readonly CompiledMatcher[]): Uint32Array {
    return findSeries(this.#index, root, matchers);
  }

  // Without the series whose labels a damaged page held.
  #readable(root: Root, numbers: Uint32Array): Uint32Array {
    return numbers.filter((number) => this.#index.canRead(root, number));
  }

  setDeletions(deletions: readonly Deletion[]): void {
    this.#deletions = deletions.filter(
      ({ from, to }) => from <= this.meta.maxTime && to >= this.meta.minTime,
    );
    this.#deletedSeries = undefined;
  }

  deletedShare(): number {
    const series = unite([...this.#findDeleted(), new Uint32Array(0)], this.meta.seriesCount);
    return series.length / this.meta.seriesCount;
  }

  #findDeleted(): readonly Uint32Array[] {
    const root = this.#index.root();
    if (root === undefined) return [];
    this.#deletedSeries ??= this.#deletions.map(({ matchers }) => this.#find(root, matchers));
    return this.#deletedSeries;
  }

  #deletedRanges(from: number, to: number): Map<number, DeletedRange[]> {
    const ranges = new Map<number, DeletedRange[]>();
    if (this.#deletions.length === 0) return ranges;
    const lists = this.#findDeleted();
    lists.forEach((series, i) => {
      const deletion = this.#deletions[i]!;
      if (deletion.from > to || deletion.to < from) return;
      const range = { from: deletion.from, to: deletion.to }; // Postable, other than what matches.
      for (const number of series) {
        const known = ranges.get(number);
        if (known === undefined) ranges.set(number, [range]);
        else known.push(range);
      }
    });
    return ranges;
  }

  stats(): BlockReadStats {
    const { pagesRead, bytesRead, pagesDamaged } = this.#file;
    return { pagesRead, bytesRead, pagesDamaged };
  }

  close(): void {
    this.#closed = true;
    this.#release();
  }

  #release(): void {
    if (!this.#closed || this.#selections > 0) return;
    this.#index.clear();
    this.#columns.clear();
    this.#file.close();
  }
}

const NOTHING_DELETED: ReadonlyMap<number, DeletedRange[]> = new Map();

const EMPTY_ROOT: Root = {
  names: [],
  firstPairs: new Uint32Array(1),
  valuePages: new Uint32Array(1),
  firstValues: [],
  postingsPages: new Uint32Array(1),
};
