import { assert } from "../../base/index.ts";
import type { BlockSource } from "./contract.ts";
import { EntryWriter } from "./entries.ts";
import type { BlockFileWriter } from "./file.ts";
import { GROUP_SIZE, GROUPS_PER_PAGE, SeriesGroupWriter } from "./groups.ts";
import { writeRoot } from "./header.ts";
import { writePostings } from "./postings.ts";
import { writeValuePages } from "./values.ts";
import type { WrittenColumns } from "./write-columns.ts";
import { BREATH_SERIES, type Breathe, type SymbolRanks } from "./write-order.ts";

const POSTINGS_PAGE_BYTES = 8192;

/** Label pairs that occur, numbered by name, then value. */
interface Pairs {
  readonly keys: Float64Array; // Name rank · 2^32 + value rank, ascending.
  readonly numbers: ReadonlyMap<number, number>; // Key → pair.
  readonly firstPairs: Uint32Array; // First pair of each name; one more: the number of pairs.
  readonly names: readonly string[];
  readonly nameOf: Uint32Array; // Name of each pair.
}

/** The series that have samples, and what makes their labels. */
interface IndexInput {
  readonly source: BlockSource;
  readonly columns: WrittenColumns;
  readonly symbols: SymbolRanks;
  readonly breathe: Breathe;
}

/** Writes pages of series, postings, values and the root for the series that have samples. */
export async function writeIndex(input: IndexInput, file: BlockFileWriter): Promise<void> {
  const { symbols } = input;
  const pairs = await findPairs(input);
  const postings = new PostingsCollector(pairs.keys.length);
  await forEachSeries(input, (_, keys, count) => {
    for (let i = 0; i < count; i++) postings.count(pairs.numbers.get(keys[i]!)!);
  });
  postings.layOut();
  await writeSeriesPages(input, pairs, postings, file);
  const postingsPages = postings.writePages(file);
  const values = writeValuePages(valuesOf(pairs, symbols));
  values.payloads.forEach((payload, page) => file.write("values", page, payload));
  const { names, firstPairs } = pairs;
  const { firstPairs: valuePages, firstValues } = values;
  file.write("root", 0, writeRoot({ names, firstPairs, valuePages, firstValues, postingsPages }));
}

function* valuesOf(pairs: Pairs, symbols: SymbolRanks): Generator<string> {
  for (const key of pairs.keys) yield symbols.texts[key % 2 ** 32]!;
}

// Calls `visit` with each series' pair keys in label order; the array is the same each time.
async function forEachSeries(
  { source, columns, symbols, breathe }: IndexInput,
  visit: (index: number, keys: Float64Array, count: number) => void,
): Promise<void> {
  const ids = new Uint32Array(2 * source.labelsMax);
  const keys = new Float64Array(source.labelsMax);
  for (let index = 0; index < columns.series.length; index++) {
    const count = source.labelSymbols(columns.series[index]!, ids) / 2;
    for (let i = 0; i < count; i++) {
      keys[i] = symbols.ranks[ids[2 * i]!]! * 2 ** 32 + symbols.ranks[ids[2 * i + 1]!]!;
    }
    visit(index, keys, count);
    if (index % BREATH_SERIES === 0) await breathe?.();
  }
}

async function findPairs(input: IndexInput): Promise<Pairs> {
  const { symbols } = input;
  const seen = new Set<number>();
  await forEachSeries(input, (_, keys, count) => {
    for (let i = 0; i < count; i++) seen.add(keys[i]!);
  });
  const keys = Float64Array.from(seen).toSorted();
  const numbers = new Map<number, number>();
  const names: string[] = [];
  const firstPairs: number[] = [];
  const nameOf = new Uint32Array(keys.length);
  let lastName = -1;
  keys.forEach((key, pair) => {
    numbers.set(key, pair);
    const name = Math.floor(key / 2 ** 32);
    if (name !== lastName) {
      names.push(symbols.texts[name]!);
      firstPairs.push(pair);
      lastName = name;
    }
    nameOf[pair] = names.length - 1;
  });
  firstPairs.push(keys.length);
  return { keys, numbers, firstPairs: Uint32Array.from(firstPairs), names, nameOf };
}

/** Series of each pair: counted first, then filled in, so that they lie in one array. */
class PostingsCollector {
  readonly #ends: Uint32Array; // While filling: where the next series of each pair goes.
  #series = new Uint32Array(0);

  constructor(pairCount: number) {
    this.#ends = new Uint32Array(pairCount + 1);
  }

  count(pair: number): void {
    this.#ends[pair + 1]!++;
  }

  /** After all counts, before the first `add`. */
  layOut(): void {
    for (let i = 1; i < this.#ends.length; i++) this.#ends[i]! += this.#ends[i - 1]!;
    this.#series = new Uint32Array(this.#ends.at(-1)!);
  }

  /** Series of a pair must come in ascending order. */
  add(pair: number, series: number): void {
    this.#series[this.#ends[pair]!++] = series;
  }

  /** Returns the first pair of each page, then the number of pairs. */
  writePages(file: BlockFileWriter): Uint32Array {
    const page = new EntryWriter();
    const firstPairs: number[] = [];
    const pairCount = this.#ends.length - 1;
    let start = 0; // Filling has moved each end to where the next pair's series start.
    let pageStart = 0;
    for (let pair = 0; pair < pairCount; pair++) {
      writePostings(this.#series, start, this.#ends[pair]!, page.body);
      page.endEntry();
      start = this.#ends[pair]!;
      if (page.body.length < POSTINGS_PAGE_BYTES && pair < pairCount - 1) continue;
      file.write("postings", firstPairs.length, page.takePayload());
      firstPairs.push(pageStart);
      pageStart = pair + 1;
    }
    return Uint32Array.from([...firstPairs, pairCount]);
  }
}

// Writes the pages of series and fills the postings on the way.
async function writeSeriesPages(
  input: IndexInput,
  pairs: Pairs,
  postings: PostingsCollector,
  file: BlockFileWriter,
): Promise<void> {
  const { columns } = input;
  const page = new EntryWriter();
  let pageNumber = 0;
  let group: SeriesGroupWriter | undefined;
  const nameOf = (pair: number): number => pairs.nameOf[pair]!;
  await forEachSeries(input, (index, keys, count) => {
    if (index % GROUP_SIZE === 0) {
      const pages = columns.groups[index / GROUP_SIZE];
      assert(pages !== undefined, "column pages for every group");
      group = new SeriesGroupWriter(page.body, pages, nameOf);
    }
    const seriesPairs: number[] = [];
    for (let i = 0; i < count; i++) {
      const pair = pairs.numbers.get(keys[i]!)!;
      seriesPairs.push(pair);
      postings.add(pair, index);
    }
    group!.write(columns.timelines[index]!, seriesPairs);
    const isLast = index === columns.series.length - 1;
    if (index % GROUP_SIZE !== GROUP_SIZE - 1 && !isLast) return;
    page.endEntry();
    if (page.count === GROUPS_PER_PAGE || isLast) file.write("series", pageNumber++, page.takePayload());
  });
}
