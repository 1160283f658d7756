// The writing side of one table: whole rows in the common case, sample by sample where a row is not above all that
// its series have.

import { assert } from "../../base/index.ts";
import {
  bitsOf,
  columnId,
  fillAbsent,
  isAbsentAt,
  millis,
  setAbsentAt,
  setNormalNaNAt,
} from "../../model/index.ts";
import type { ColumnId, Histogram, Labels } from "../../model/index.ts";
import type {
  AppendOutcome,
  ColumnExemplar,
  OwnTimeSample,
  Row,
  SeriesBatch,
  TableWriter,
} from "../../storage/index.ts";
import { compareExemplars } from "../exemplars/exemplar-store.ts";
import type { TableId } from "../table/table-id.ts";
import { admitSeries } from "./admission.ts";
import { copyCells, presentRange, type Head } from "./head.ts";
import { boundsOf, judgeFloat, judgeHistogram, newestOf, type Bounds } from "./order.ts";
import { addExemplars, addOutcome, countStored, countVerdict, createTally, type Tally } from "./outcome.ts";
import { StartTimes } from "./starts.ts";

/** What a writer needs of the store. */
export interface WriterContext {
  readonly head: Head;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Stores what can be stored of samples that do not come as rows of the table. */
  readonly appendLoose: (batch: readonly SeriesBatch[]) => AppendOutcome;
  /** Why nothing more can be taken at present; undefined: it can. */
  readonly refusal: () => Error | undefined;
  /** Told what became of each row. */
  readonly onOutcome: (outcome: AppendOutcome) => void;
  /** Called once when the writer is closed. */
  readonly onClose: () => void;
}

export class HeadTableWriter implements TableWriter {
  readonly #context: WriterContext;
  readonly #table: TableId;
  #isOpen = true;
  // Columns that the writer has asked for and may go on with; one element a column.
  #asked = new Uint8Array(64);
  readonly #starts = new StartTimes();

  constructor(table: TableId, context: WriterContext) {
    this.#table = table;
    this.#context = context;
  }

  get columnCount(): number {
    return this.#context.head.tables.columnCounts[this.#table]!;
  }

  column(labels: Labels): ColumnId | undefined {
    assert(this.#isOpen, "a table that is not closed");
    const { head } = this.#context;
    const series = admitSeries(head, labels, head.keyOf(this.#table) ?? "");
    if (series === undefined) return undefined;
    const column = head.columnOf(this.#table, series);
    if (column >= this.#asked.length) {
      const asked = new Uint8Array(2 * column + 1);
      asked.set(this.#asked);
      this.#asked = asked;
    }
    this.#asked[column] = 1;
    this.#starts.forget(column);
    return column;
  }

  /** Whether the writer may append to a column. */
  holds(column: ColumnId): boolean {
    return this.#asked[column] === 1;
  }

  append(row: Row): AppendOutcome {
    assert(this.#isOpen, "a table that is not closed");
    assert(row.values.length >= this.columnCount, "a value for each column");
    const { head } = this.#context;
    const refusal = this.#context.refusal();
    if (refusal !== undefined) throw refusal;
    const outcome = createTally();
    const bounds = boundsOf(head, this.#context.now());
    if (row.starts !== undefined) this.#appendStarts(row, bounds, outcome);
    const isAbove = row.time > head.tables.lastTimes[this.#table]!;
    if (isAbove && row.time >= bounds.low && row.time <= bounds.high) {
      this.#appendRow(row, bounds, outcome);
    } else this.#appendSingly(row, outcome);
    if (row.ownTimes !== undefined && row.ownTimes.length > 0) {
      const loose = row.ownTimes.map((sample) => this.#looseOf(sample));
      addOutcome(outcome, this.#context.appendLoose(loose));
    }
    if (row.exemplars !== undefined && head.exemplars.isOn) this.#addExemplars(row.exemplars, outcome);
    this.#context.onOutcome(outcome);
    return outcome;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#context.onClose();
  }

  // A start that all columns of a target share is a row before theirs; one that came late is not.
  #appendStarts(row: Row, bounds: Bounds, outcome: Tally): void {
    const { head } = this.#context;
    const { tables } = head;
    const newestTime = (column: ColumnId): number =>
      newestOf(head, tables.seriesOf(this.#table, column)).time;
    for (const { time, columns, histograms } of this.#starts.newIn(row, bounds.low, newestTime)) {
      if (time > tables.lastTimes[this.#table]!) {
        const values = new Float64Array(this.columnCount);
        fillAbsent(bitsOf(values), 0, values.length);
        for (const column of columns) values[column] = 0;
        this.#appendRow({ time: millis(time), values, histograms }, bounds, outcome);
        continue;
      }
      const loose = columns.map((column) => {
        const histogram = histograms.get(column);
        const sample = { column, time: millis(time), value: 0 };
        return this.#looseOf(histogram === undefined ? sample : { ...sample, histogram });
      });
      addOutcome(outcome, this.#context.appendLoose(loose));
    }
  }

  #addExemplars(exemplars: readonly ColumnExemplar[], outcome: Tally): void {
    const { head } = this.#context;
    const byColumn = Map.groupBy(exemplars, ({ column }) => column);
    for (const [column, group] of byColumn) {
      const labels = head.index.labels(head.tables.seriesOf(this.#table, column));
      // A source may give those of a histogram's buckets in any order.
      addExemplars(outcome, head.addExemplars(labels, group.toSorted(compareExemplars)));
    }
  }

  #appendRow(row: Row, bounds: Bounds, outcome: Tally): void {
    const { head } = this.#context;
    const table = this.#table;
    const count = this.columnCount;
    let bits = bitsOf(row.values);
    const histograms = row.histograms?.size ? new Map(row.histograms) : undefined;
    if (histograms !== undefined || head.isShared(table)) {
      const copy = head.rowScratch(count);
      copyCells(bits, copy, count, count);
      bits = copy;
      if (head.isShared(table)) this.#blankRefused(row.time, bits, { bounds, outcome, histograms });
      for (const column of histograms?.keys() ?? []) {
        bits[2 * column] = 0;
        bits[2 * column + 1] = 0;
      }
    }
    const cells = presentRange(bits, count);
    if (cells.from === cells.to) return;
    const before = head.floatsAppended;
    head.appendRow({ table, time: row.time, bits, cells });
    outcome.appended += head.floatsAppended - before;
    outcome.histograms.appended += histograms?.size ?? 0;
    const openRow = head.tables.openRows[table]! - 1;
    for (const [column, histogram] of histograms ?? []) head.putHistogram(table, openRow, column, histogram);
  }

  // A series with columns in other tables may have newer samples there.
  #blankRefused(
    time: number,
    bits: Uint32Array,
    context: {
      readonly bounds: Bounds;
      readonly outcome: Tally;
      readonly histograms: Map<ColumnId, Histogram> | undefined;
    },
  ): void {
    const { head } = this.#context;
    const { columns, tables } = head;
    const { bounds, outcome, histograms } = context;
    for (let c = 0; c < this.columnCount; c++) {
      const column = columnId(c);
      const histogram = histograms?.get(column);
      if (histogram === undefined && isAbsentAt(bits, c)) continue;
      const series = tables.seriesOf(this.#table, column);
      let mayBeLate = false;
      for (let piece = columns.first(series); piece !== 0; piece = columns.next(piece)) {
        if (tables.lastTimes[columns.tableOf(piece)]! >= time) mayBeLate = true;
      }
      if (!mayBeLate) continue;
      const newest = newestOf(head, series);
      const verdict =
        histogram === undefined
          ? judgeFloat(newest, bounds, time, bits, c)
          : judgeHistogram(newest, bounds, time, histogram);
      if (verdict.kind === "fresh") continue;
      countVerdict(outcome, verdict, histogram !== undefined);
      if (verdict.kind === "late") {
        const values = new Float64Array(bits.slice(2 * c, 2 * c + 2).buffer);
        const histograms = histogram === undefined ? undefined : [histogram];
        head.addLate([{ series, times: Float64Array.of(time), values, histograms }]);
        countStored(outcome, 1, histogram === undefined ? 0 : 1);
        outcome.late++;
      }
      setAbsentAt(bits, c);
      histograms?.delete(column);
    }
  }

  // A row that is not above the table's last, or out of bounds: what of it can be taken goes to tables for
  // loose samples.
  #appendSingly(row: Row, outcome: Tally): void {
    const bits = bitsOf(row.values);
    const batch: SeriesBatch[] = [];
    for (let c = 0; c < this.columnCount; c++) {
      const column = columnId(c);
      const histogram = row.histograms?.get(column);
      if (histogram !== undefined) {
        const histograms = [{ time: row.time, histogram }];
        batch.push({ ...this.#loose(column, row.time, []), histograms });
      } else if (!isAbsentAt(bits, c)) {
        batch.push(this.#loose(column, row.time, row.values.subarray(c, c + 1)));
      }
    }
    addOutcome(outcome, this.#context.appendLoose(batch));
  }

  #looseOf({ column, time, value, histogram }: OwnTimeSample): SeriesBatch {
    if (histogram === undefined) return this.#loose(column, time, [value]);
    return { ...this.#loose(column, time, []), histograms: [{ time, histogram }] };
  }

  #loose(column: ColumnId, time: number, values: Float64Array | number[]): SeriesBatch {
    const { head } = this.#context;
    return {
      labels: head.index.labels(head.tables.seriesOf(this.#table, column)),
      times: Float64Array.from(values, () => time),
      values: values instanceof Float64Array ? values : ordinary(values),
      histograms: [],
    };
  }
}

// A text format's NaN carries no payload.
function ordinary(values: readonly number[]): Float64Array {
  const column = Float64Array.from(values);
  const bits = bitsOf(column);
  for (let i = 0; i < column.length; i++) if (Number.isNaN(column[i])) setNormalNaNAt(bits, i);
  return column;
}
