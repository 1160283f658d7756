import { ByteReader, MalformedBytesError } from "../../base/index.ts";
import { compareText, labelsFromSortedPairs, type Labels } from "../../model/index.ts";
import { entryRange, parseEntries, type Entries, type EntryRange } from "./entries.ts";
import type { BlockFile } from "./file.ts";
import {
  GROUP_SIZE,
  GROUPS_PER_PAGE,
  readSeriesGroup,
  readTimelineGroup,
  type SeriesGroup,
  type Timeline,
  type TimelineGroup,
} from "./groups.ts";
import { pageOf, readRoot, type BlockHeader, type Root } from "./header.ts";
import { PageCache, type CacheBudget } from "./page-cache.ts";
import { readPostings } from "./postings.ts";
import { readValuePage } from "./values.ts";

/** A group of series with the label sets made so far. */
interface LabelledGroup extends SeriesGroup {
  readonly labels: (Labels | undefined)[];
}

/** A timeline and where its times are. */
export interface LocatedTimeline extends Timeline {
  readonly firstPage: number; // Page of times of the first chunk.
  readonly entry: number; // Entry in each of those pages.
}

// What objects take on the heap, for the cache's budget.
const STRING_BYTES = 48;
const ENTRY_BYTES = 200;
const GROUP_BYTES = 4096;
const PAIR_BYTES = 32; // With its share of the label sets.

/** Everything of a block but the samples, a page at a time. What a damaged page held reads as undefined. */
export class BlockIndex {
  readonly header: BlockHeader;
  readonly #file: BlockFile;
  readonly #values: PageCache<readonly string[]>;
  readonly #postings: PageCache<Entries>;
  readonly #lists: PageCache<Uint32Array>; // Postings by pair.
  readonly #seriesPages: PageCache<Entries>;
  readonly #seriesGroups: PageCache<LabelledGroup>;
  readonly #timelinePages: PageCache<Entries>;
  readonly #timelineGroups: PageCache<TimelineGroup>;
  #root: Root | undefined;

  constructor(file: BlockFile, header: BlockHeader, budget: CacheBudget) {
    this.#file = file;
    this.header = header;
    this.#values = new PageCache(budget);
    this.#postings = new PageCache(budget);
    this.#lists = new PageCache(budget);
    this.#seriesPages = new PageCache(budget);
    this.#seriesGroups = new PageCache(budget);
    this.#timelinePages = new PageCache(budget);
    this.#timelineGroups = new PageCache(budget);
  }

  root(): Root | undefined {
    this.#root ??= this.#file.read("root", 0, readRoot);
    return this.#root;
  }

  /** Value of a pair. */
  value(root: Root, pair: number): string | undefined {
    const page = pageOf(root.valuePages, pair);
    return this.#valuePage(root, page)?.[pair - root.valuePages[page]!];
  }

  /** The pair of a name (by its place in the root) with this value; -1 when no series is known to have it. */
  findPair(root: Root, name: number, value: string): number {
    const from = root.firstPairs[name]!;
    const to = root.firstPairs[name + 1]!;
    // Pages after the one where the name starts begin with a value of it, so that one page has to be read.
    let page = pageOf(root.valuePages, from);
    let pageEnd = pageOf(root.valuePages, to - 1) + 1;
    while (pageEnd - page > 1) {
      const middle = (page + pageEnd) >>> 1;
      if (compareText(root.firstValues[middle]!, value) <= 0) page = middle;
      else pageEnd = middle;
    }
    const values = this.#valuePage(root, page);
    if (values === undefined) return -1;
    const start = root.valuePages[page]!;
    let low = Math.max(from, start) - start;
    let high = Math.min(to - start, values.length);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compareText(values[middle]!, value);
      if (order === 0) return start + middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return -1;
  }

  #valuePage(root: Root, page: number): readonly string[] | undefined {
    const cached = this.#values.get(page);
    if (cached !== undefined) return cached;
    const count = root.valuePages[page + 1]! - root.valuePages[page]!;
    let bytes = 0;
    const values = this.#file.read("values", page, (payload) => {
      bytes = payload.length + count * STRING_BYTES;
      return readValuePage(payload, count);
    });
    if (values !== undefined) this.#values.put(page, values, bytes);
    return values;
  }

  /** Series that have the pair, ascending; undefined when that is not known. */
  postings(root: Root, pair: number): Uint32Array | undefined {
    const cached = this.#lists.get(pair);
    if (cached !== undefined) return cached;
    const page = pageOf(root.postingsPages, pair);
    const entry = pair - root.postingsPages[page]!;
    const list = this.#entry("postings", page, entry, (range) =>
      readPostings(range, this.header.seriesCount),
    );
    if (list !== undefined) this.#lists.put(pair, list, list.byteLength + ENTRY_BYTES);
    return list;
  }

  /** Bytes that the pair's postings take, which is about how long it takes to read them; undefined when not known. */
  postingsBytes(root: Root, pair: number): number | undefined {
    const page = pageOf(root.postingsPages, pair);
    return this.#entry("postings", page, pair - root.postingsPages[page]!, ({ from, to }) => to - from);
  }

  /** The group that holds series `series`. */
  seriesGroup(root: Root, series: number): SeriesGroup | undefined {
    return this.#labelledGroup(root, series);
  }

  #labelledGroup(root: Root, series: number): LabelledGroup | undefined {
    const number = Math.floor(series / GROUP_SIZE);
    const cached = this.#seriesGroups.get(number);
    if (cached !== undefined) return cached;
    const pairCount = root.firstPairs.at(-1)!;
    const expected = Math.min(GROUP_SIZE, this.header.seriesCount - number * GROUP_SIZE);
    const page = Math.floor(number / GROUPS_PER_PAGE);
    const group = this.#entry("series", page, number % GROUPS_PER_PAGE, ({ bytes, from, to }) => {
      const read = readSeriesGroup(new ByteReader(bytes, from, to), pairCount);
      if (read.timelines.length !== expected) {
        throw new MalformedBytesError(`${read.timelines.length} series in a group of ${expected}`);
      }
      return { ...read, labels: [] };
    });
    if (group === undefined) return undefined;
    this.#seriesGroups.put(number, group, GROUP_BYTES + PAIR_BYTES * group.pairs.length);
    return group;
  }

  /** Pairs of a series, ascending; a view. */
  pairs(root: Root, series: number): Uint32Array | undefined {
    const group = this.#labelledGroup(root, series);
    const entry = series % GROUP_SIZE;
    return group?.pairs.subarray(group.pairEnds[entry], group.pairEnds[entry + 1]);
  }

  /** Label set of a series. */
  labels(root: Root, series: number): Labels | undefined {
    const group = this.#labelledGroup(root, series);
    const entry = series % GROUP_SIZE;
    const known = group?.labels[entry];
    if (group === undefined || known !== undefined) return known;
    const texts: string[] = [];
    for (let i = group.pairEnds[entry]!; i < group.pairEnds[entry + 1]!; i++) {
      const pair = group.pairs[i]!;
      const value = this.value(root, pair);
      if (value === undefined) return undefined;
      texts.push(root.names[pageOf(root.firstPairs, pair)]!, value);
    }
    const labels = labelsFromSortedPairs(texts);
    group.labels[entry] = labels;
    return labels;
  }

  /** Whether the labels of a series can be read. */
  canRead(root: Root, series: number): boolean {
    const pairs = this.pairs(root, series);
    return pairs !== undefined && pairs.every((pair) => this.value(root, pair) !== undefined);
  }

  /** A timeline by its number. */
  timeline(timeline: number): LocatedTimeline | undefined {
    const number = Math.floor(timeline / GROUP_SIZE);
    const page = Math.floor(number / GROUPS_PER_PAGE);
    let group = this.#timelineGroups.get(number);
    if (group === undefined) {
      group = this.#entry("timelines", page, number % GROUPS_PER_PAGE, ({ bytes, from, to }) =>
        readTimelineGroup(new ByteReader(bytes, from, to), this.header.from),
      );
      if (group === undefined) return undefined;
      this.#timelineGroups.put(number, group, 64 * 128 * group.chunkCount);
    }
    const entry = timeline % GROUP_SIZE;
    const found = group.timelines[entry];
    if (found === undefined) {
      this.#file.quarantine("timelines", page, `no timeline ${timeline}`);
      return undefined;
    }
    return { ...found, firstPage: group.firstPage, entry };
  }

  // What `parse` makes of one entry of a page.
  #entry<Parsed>(
    kind: "postings" | "series" | "timelines",
    page: number,
    entry: number,
    parse: (range: EntryRange) => Parsed,
  ): Parsed | undefined {
    const cache =
      kind === "postings" ? this.#postings : kind === "series" ? this.#seriesPages : this.#timelinePages;
    let entries = cache.get(page);
    if (entries === undefined) {
      entries = this.#file.read(kind, page, parseEntries);
      if (entries === undefined) return undefined;
      cache.put(page, entries, entries.bytes.length + entries.offsets.byteLength);
    }
    try {
      return parse(entryRange(entries, entry));
    } catch (thrown) {
      if (!(thrown instanceof MalformedBytesError)) throw thrown;
      this.#file.quarantine(kind, page, thrown);
      return undefined;
    }
  }

  /** Lets go of all cached pages. */
  clear(): void {
    for (const cache of [this.#values, this.#postings, this.#lists, this.#seriesPages]) cache.clear();
    for (const cache of [this.#seriesGroups, this.#timelinePages, this.#timelineGroups]) cache.clear();
  }
}
