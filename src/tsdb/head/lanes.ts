// Where samples go that did not come as a row of their own table: remote write, backfill, samples with timestamps
// of their own. Samples of several series that carry the same times become rows of one table, a lane. A series
// whose times do not line up with its lane moves to another one.

import { bitsOf, fillAbsent, isAbsentAt, labelValue, setNormalNaNAt } from "../../model/index.ts";
import type { ColumnId, Histogram, Labels, SeriesId } from "../../model/index.ts";
import type { TableId } from "../table/table-id.ts";
import type { Head } from "./head.ts";

/** Samples of one series that are known to be in order and above what the series has. */
export interface LooseSamples {
  readonly series: SeriesId;
  readonly labels: Labels;
  /** Millis, strictly ascending. */
  readonly times: Float64Array;
  readonly values: Float64Array; // Not read where a histogram is.
  readonly histograms: readonly (Histogram | undefined)[] | undefined; // One a sample; undefined: all floats.
}

/** Samples with equal times, and the column of each in the table in hand. */
interface Cohort {
  readonly times: Float64Array;
  readonly members: LooseSamples[];
}

// A lane grows no wider by itself, so that a row stays cheap.
const LANE_COLUMNS_MAX = 4096;

export class Lanes {
  readonly #head: Head;
  readonly #laneOfSource = new Map<string, TableId>();

  constructor(head: Head) {
    this.#head = head;
  }

  /** Stores all samples. */
  store(batch: readonly LooseSamples[]): void {
    const byLane = new Map<TableId, LooseSamples[]>();
    const movers: LooseSamples[] = [];
    const homeless: LooseSamples[] = [];
    for (const samples of batch) {
      const lane = this.#laneOf(samples.series);
      if (lane === "none yet") homeless.push(samples);
      else if (lane === "left") movers.push(samples);
      else {
        const group = byLane.get(lane);
        if (group === undefined) byLane.set(lane, [samples]);
        else group.push(samples);
      }
    }
    for (const [lane, group] of byLane) {
      for (const cohort of cohortsOf(group)) {
        if (fits(this.#head, lane, cohort.times)) this.#storeRows(lane, cohort);
        else movers.push(...cohort.members);
      }
    }
    for (const samples of movers) this.#leave(samples.series);
    for (const cohort of cohortsOf(movers)) this.#storeRows(this.#head.createTable(undefined), cohort);
    for (const cohort of cohortsOf(homeless)) {
      if (cohort.times.length > 1) this.#storeRows(this.#head.createTable(undefined), cohort);
      else this.#settle(cohort);
    }
  }

  /** Forgets the lanes that are gone; their numbers may be given to other tables. */
  forgetRemoved(): void {
    for (const [source, lane] of this.#laneOfSource) {
      if (this.#head.tables.columnCounts[lane] === 0) this.#laneOfSource.delete(source);
    }
  }

  // Single samples of series without a lane: each joins the lane of its source, where the others of the same
  // scrape are.
  #settle(cohort: Cohort): void {
    const bySource = new Map<string, LooseSamples[]>();
    for (const samples of cohort.members) {
      const source = sourceOf(samples.labels);
      const group = bySource.get(source);
      if (group === undefined) bySource.set(source, [samples]);
      else group.push(samples);
    }
    for (const [source, members] of bySource) {
      this.#storeRows(this.#laneOfNew(source, members, cohort.times), { times: cohort.times, members });
    }
  }

  #laneOfNew(source: string, members: readonly LooseSamples[], times: Float64Array): TableId {
    const known = this.#laneOfSource.get(source);
    const { tables, columns } = this.#head;
    if (
      source !== "" &&
      known !== undefined &&
      this.#head.keyOf(known) === undefined &&
      tables.columnCounts[known]! + members.length <= LANE_COLUMNS_MAX &&
      fits(this.#head, known, times) &&
      members.every((samples) => columns.find(samples.series, known) === 0)
    ) {
      return known;
    }
    const lane = this.#head.createTable(undefined);
    this.#laneOfSource.set(source, lane);
    return lane;
  }

  // A series that has left a lane gets one together with those that come at the same times only: in the lane of
  // its source it would soon be out of step again.
  #laneOf(series: SeriesId): TableId | "none yet" | "left" {
    const { columns } = this.#head;
    let hadLane = false;
    for (let piece = columns.first(series); piece !== 0; piece = columns.next(piece)) {
      const table = columns.tableOf(piece);
      if (this.#head.keyOf(table) !== undefined || this.#head.late.owns(table)) continue;
      if (!columns.hasLeft(piece)) return table;
      hadLane = true;
    }
    return hadLane ? "left" : "none yet";
  }

  #leave(series: SeriesId): void {
    const { columns } = this.#head;
    for (let piece = columns.first(series); piece !== 0; piece = columns.next(piece)) {
      if (this.#head.keyOf(columns.tableOf(piece)) === undefined) columns.leave(piece);
    }
  }

  #storeRows(lane: TableId, cohort: Cohort): void {
    const head = this.#head;
    const places = cohort.members.map((samples) => head.columnOf(lane, samples.series));
    const range: { from: number; to: number } = { from: places[0]!, to: 0 };
    for (const place of places) {
      if (place < range.from) range.from = place;
      if (place >= range.to) range.to = place + 1;
    }
    const sparse: ColumnId[] = [];
    const bits = head.rowScratch(range.to);
    // The members may leave cells of the range to others.
    if (range.to - range.from > places.length) fillAbsent(bits, range.from, range.to);
    const row = new Float64Array(bits.buffer, bits.byteOffset, bits.length / 2);
    for (let k = 0; k < cohort.times.length; k++) {
      for (let m = 0; m < places.length; m++) putCell(cohort.members[m]!, k, places[m]!, row, bits);
      const time = cohort.times[k]!;
      const change = { table: lane, time, bits, cells: range };
      let openRow = -1;
      if (time > head.tables.lastTimes[lane]!) head.appendRow(change, sparse);
      else head.fillRow({ ...change, openRow: (openRow = head.tables.openRowAt(lane, time)) });
      if (openRow < 0) openRow = head.tables.openRows[lane]! - 1;
      this.#putHistograms(cohort, k, { lane, openRow, places });
    }
    for (const column of sparse) this.#leaveColumn(lane, column);
  }

  #putHistograms(
    cohort: Cohort,
    k: number,
    at: { readonly lane: TableId; readonly openRow: number; readonly places: readonly ColumnId[] },
  ): void {
    for (let m = 0; m < at.places.length; m++) {
      const histogram = cohort.members[m]!.histograms?.[k];
      if (histogram !== undefined) this.#head.putHistogram(at.lane, at.openRow, at.places[m]!, histogram);
    }
  }

  #leaveColumn(lane: TableId, column: ColumnId): void {
    const { columns, tables } = this.#head;
    columns.leave(columns.find(tables.seriesOf(lane, column), lane));
  }
}

function putCell(
  samples: LooseSamples,
  k: number,
  column: ColumnId,
  row: Float64Array,
  bits: Uint32Array,
): void {
  if (samples.histograms?.[k] !== undefined) {
    row[column] = 0;
    return;
  }
  const value = samples.values[k]!;
  if (value === value) {
    row[column] = value;
    return;
  }
  // A NaN's payload has to stay, except the one that stands for "no sample".
  const source = bitsOf(samples.values);
  if (isAbsentAt(source, k)) {
    setNormalNaNAt(bits, column);
    return;
  }
  bits[2 * column] = source[2 * k]!;
  bits[2 * column + 1] = source[2 * k + 1]!;
}

/** Whether rows with these times can be appended to the table or are in its tile. */
function fits(head: Head, table: TableId, times: Float64Array): boolean {
  const last = head.tables.lastTimes[table]!;
  for (const time of times) {
    if (time > last) return true;
    if (head.tables.openRowAt(table, time) < 0) return false;
  }
  return true;
}

// Larger cohorts first, since they decide which rows there are.
function cohortsOf(batch: readonly LooseSamples[]): Cohort[] {
  const cohorts: Cohort[] = [];
  const byKey = new Map<string, Cohort[]>();
  let latest: Cohort | undefined;
  for (const samples of batch) {
    const { times } = samples;
    if (latest === undefined || !sameTimes(latest.times, times)) {
      const key = `${times.length} ${times[0]} ${times[times.length - 1]}`;
      const alike = byKey.get(key);
      latest = alike?.find((cohort) => sameTimes(cohort.times, times));
      if (latest === undefined) {
        latest = { times, members: [] };
        cohorts.push(latest);
        if (alike === undefined) byKey.set(key, [latest]);
        else alike.push(latest);
      }
    }
    latest.members.push(samples);
  }
  return cohorts.toSorted((a, b) => b.members.length - a.members.length);
}

function sameTimes(a: Float64Array, b: Float64Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Where loose samples come from: those of one job and instance usually come from one scrape. "": nobody knows. */
export function sourceOf(labels: Labels): string {
  const job = labelValue(labels, "job");
  const instance = labelValue(labels, "instance");
  return job === "" && instance === "" ? "" : `${job}\u0000${instance}`;
}
