import { assert, type ByteWriter } from "../../base/index.ts";
import { encodeTimes, maxTimesBytes } from "../codec/index.ts";
import { writeChunk, type ChunkCounts } from "./column-chunk.ts";
import type { BlockColumn, BlockSource } from "./contract.ts";
import { EntryWriter } from "./entries.ts";
import type { BlockFileWriter } from "./file.ts";
import {
  CHUNK_ROWS,
  GROUP_SIZE,
  GROUPS_PER_PAGE,
  writeTimeline,
  type ChunkPages,
  type Timeline,
} from "./groups.ts";
import type { Breathe } from "./write-order.ts";

/** What became of the samples. */
export interface WrittenColumns {
  readonly series: Uint32Array; // The source's numbers of the series with samples, in order.
  readonly timelines: Uint32Array; // Timeline of each.
  readonly groups: readonly ChunkPages[]; // Column pages of each 64 series.
  readonly timelineCount: number;
  readonly sampleCount: number;
  readonly histogramCount: number;
  readonly minTime: number; // Millis; above maxTime without samples.
  readonly maxTime: number;
}

/** Writes all pages of columns, times and timelines, series in the given order. */
export async function writeColumns(
  source: BlockSource,
  order: Uint32Array,
  file: BlockFileWriter,
  breathe: Breathe,
): Promise<WrittenColumns> {
  const columns = new GroupPages(file, "columns");
  const timelines = new TimelineWriter(source, file);
  const series: number[] = [];
  const seriesTimelines: number[] = [];
  const totals = { samples: 0, histograms: 0 };
  const column: BlockColumn = {
    timeline: -1,
    count: 0,
    times: new Float64Array(0),
    values: new Float64Array(0),
    histograms: undefined,
  };
  for (const number of order) {
    source.read(number, column);
    if (column.count === 0) continue;
    const counts = writeSeries(column, columns);
    if (counts.samples === 0) {
      columns.dropEntry();
      continue;
    }
    totals.samples += counts.samples;
    totals.histograms += counts.histograms;
    series.push(number);
    seriesTimelines.push(timelines.add(column, counts));
    if (columns.endEntry()) await breathe?.();
  }
  columns.finish();
  timelines.finish();
  return {
    series: Uint32Array.from(series),
    timelines: Uint32Array.from(seriesTimelines),
    groups: columns.groups,
    timelineCount: timelines.count,
    sampleCount: totals.samples,
    histogramCount: totals.histograms,
    minTime: timelines.minTime,
    maxTime: timelines.maxTime,
  };
}

function writeSeries(column: BlockColumn, pages: GroupPages): ChunkCounts {
  const counts: ChunkCounts = { samples: 0, histograms: 0, firstRow: -1, lastRow: -1 };
  for (let row = 0; row < column.count; row += CHUNK_ROWS) {
    const rows = Math.min(CHUNK_ROWS, column.count - row);
    const out = pages.chunk(row / CHUNK_ROWS);
    const chunk = writeChunk(column.values, column.histograms, row, rows, out);
    counts.samples += chunk.samples;
    counts.histograms += chunk.histograms;
    if (chunk.samples === 0) continue;
    if (counts.firstRow < 0) counts.firstRow = row + chunk.firstRow;
    counts.lastRow = row + chunk.lastRow;
  }
  return counts;
}

/** Collects up to 64 entries of one chunk each per page; a group's pages follow each other, chunk by chunk. */
class GroupPages {
  readonly groups: ChunkPages[] = [];
  readonly #file: BlockFileWriter;
  readonly #kind: "columns" | "times";
  readonly #chunks: EntryWriter[] = [];
  #chunkCount = 0; // Of this group.
  #entries = 0; // Ended in this group.
  #nextPage = 0;

  constructor(file: BlockFileWriter, kind: "columns" | "times") {
    this.#file = file;
    this.#kind = kind;
  }

  /** Where to write chunk `index` of the current entry. */
  chunk(index: number): ByteWriter {
    while (this.#chunks.length <= index) this.#chunks.push(new EntryWriter());
    // Entries before this one have nothing in a chunk that is new to the group.
    for (; this.#chunkCount <= index; this.#chunkCount++) {
      for (let entry = 0; entry < this.#entries; entry++) this.#chunks[this.#chunkCount]!.endEntry();
    }
    return this.#chunks[index]!.body;
  }

  /** Forgets what was written to the current entry. */
  dropEntry(): void {
    for (let i = 0; i < this.#chunkCount; i++) this.#chunks[i]!.dropEntry();
  }

  /** Returns true when the group was full and its pages went out. */
  endEntry(): boolean {
    for (let i = 0; i < this.#chunkCount; i++) this.#chunks[i]!.endEntry();
    this.#entries++;
    if (this.#entries < GROUP_SIZE) return false;
    this.finish();
    return true;
  }

  /** Writes out what there is of a group. */
  finish(): void {
    if (this.#entries === 0) return;
    this.groups.push({ firstPage: this.#nextPage, chunkCount: this.#chunkCount });
    for (let i = 0; i < this.#chunkCount; i++) {
      this.#file.write(this.#kind, this.#nextPage++, this.#chunks[i]!.takePayload());
    }
    this.#chunkCount = 0;
    this.#entries = 0;
  }
}

/** A timeline of the source that is in the block already. */
interface KnownTimeline {
  readonly number: number;
  firstRow: number; // Of all samples so far.
  lastRow: number;
}

/** Numbers timelines in the order they are met and writes their times. */
class TimelineWriter {
  count = 0;
  minTime = Infinity; // Of all samples.
  maxTime = -Infinity;
  readonly #source: BlockSource;
  readonly #file: BlockFileWriter;
  readonly #pages: GroupPages;
  readonly #known: (KnownTimeline | undefined)[] = []; // By the source's number.
  readonly #rows: EntryWriter = new EntryWriter(); // One entry a group.
  // Written last: SQLite fills its pages only when row ids ascend.
  readonly #payloads: Uint8Array[] = [];
  #group: Timeline[] = [];

  constructor(source: BlockSource, file: BlockFileWriter) {
    this.#source = source;
    this.#file = file;
    this.#pages = new GroupPages(file, "times");
  }

  /** Returns the block's number of the column's timeline. */
  add(column: BlockColumn, { firstRow, lastRow }: ChunkCounts): number {
    if (column.timeline < 0) {
      this.#extend(column.times[firstRow]!, column.times[lastRow]!);
      return this.#write(column.times, column.count);
    }
    let known = this.#known[column.timeline];
    // Asking the source for times may cost it as much as the whole column, so only where they say something new.
    if (known !== undefined && firstRow >= known.firstRow && lastRow <= known.lastRow) return known.number;
    const times = this.#source.timeline(column.timeline);
    if (known === undefined) {
      assert(times.length === column.count, `a column of ${times.length} rows, got ${column.count}`);
      known = { number: this.#write(times, column.count), firstRow, lastRow };
      this.#known[column.timeline] = known;
    }
    known.firstRow = Math.min(known.firstRow, firstRow);
    known.lastRow = Math.max(known.lastRow, lastRow);
    this.#extend(times[firstRow]!, times[lastRow]!);
    return known.number;
  }

  #extend(from: number, to: number): void {
    this.minTime = Math.min(this.minTime, from);
    this.maxTime = Math.max(this.maxTime, to);
  }

  #write(times: Float64Array, count: number): number {
    const firstTimes = new Float64Array(Math.ceil(count / CHUNK_ROWS));
    for (let row = 0; row < count; row += CHUNK_ROWS) {
      const rows = Math.min(CHUNK_ROWS, count - row);
      const out = this.#pages.chunk(row / CHUNK_ROWS);
      out.reserve(maxTimesBytes(rows));
      out.advance(encodeTimes(times, row, rows, out.buffer, out.length));
      firstTimes[row / CHUNK_ROWS] = times[row]!;
    }
    this.#group.push({ rowCount: count, firstTimes, lastTime: times[count - 1]! });
    if (this.#pages.endEntry()) this.#endGroup();
    return this.count++;
  }

  finish(): void {
    if (this.#group.length > 0) {
      this.#pages.finish();
      this.#endGroup();
    }
    if (this.#rows.count > 0) this.#payloads.push(this.#rows.takePayload());
    this.#payloads.forEach((payload, page) => this.#file.write("timelines", page, payload));
  }

  #endGroup(): void {
    const pages = this.#pages.groups.at(-1)!;
    const out = this.#rows.body;
    out.varint(pages.firstPage);
    out.varint(pages.chunkCount);
    for (const timeline of this.#group) writeTimeline(timeline, this.#source.from, out);
    this.#rows.endEntry();
    this.#group = [];
    if (this.#rows.count === GROUPS_PER_PAGE) this.#payloads.push(this.#rows.takePayload());
  }
}
