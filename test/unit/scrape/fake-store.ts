import {
  bitsOf,
  isAbsentAt,
  isStaleAt,
  columnId,
  histogramText,
  labelsText,
  labelsKey,
} from "../../../src/model/index.ts";
import type { ColumnId, Labels } from "../../../src/model/index.ts";
import type { Appendable, AppendOutcome, Row, TableWriter } from "../../../src/storage/index.ts";

/** One appended row: series text → value, "stale", or value with its own time. */
export interface WrittenRow {
  readonly time: number;
  readonly cells: Readonly<Record<string, number | string>>;
  /** Histograms as their text by series, with `@time` when they had one of their own. */
  readonly histograms: Readonly<Record<string, string>>;
  /** As `series {labels} value`, with `@time` when it is not that of the row. */
  readonly exemplars: readonly string[];
  /** As `series @time`. */
  readonly starts: readonly string[];
}

/** Keeps every row that is appended, readable; refuses new series beyond `seriesMax`. */
export class FakeStore implements Pick<Appendable, "openTable"> {
  readonly tables: Map<string, FakeTable> = new Map();
  seriesMax: number = Infinity;
  seriesCount = 0;

  openTable(key: string): TableWriter {
    const table = this.tables.get(key) ?? new FakeTable(this);
    table.openCount++;
    this.tables.set(key, table);
    return table;
  }

  /** The only table there is. */
  get table(): FakeTable {
    const [table, ...others] = [...this.tables.values()];
    if (table === undefined || others.length > 0) throw new Error(`${this.tables.size} tables, expected one`);
    return table;
  }
}

export class FakeTable implements TableWriter {
  readonly rows: WrittenRow[] = [];
  readonly columns: Labels[] = [];
  outcome: Partial<AppendOutcome> = {};
  openCount = 0;
  closeCount = 0;
  readonly #store: FakeStore;
  readonly #byLabels = new Map<string, ColumnId>();

  constructor(store: FakeStore) {
    this.#store = store;
  }

  get columnCount(): number {
    return this.columns.length;
  }

  column(labels: Labels): ColumnId | undefined {
    const known = this.#byLabels.get(labelsKey(labels));
    if (known !== undefined) return known;
    if (this.#store.seriesCount >= this.#store.seriesMax) return undefined;
    this.#store.seriesCount++;
    const column = columnId(this.columns.length);
    this.columns.push(labels);
    this.#byLabels.set(labelsKey(labels), column);
    return column;
  }

  append(row: Row): AppendOutcome {
    const bits = bitsOf(row.values);
    const cells: Record<string, number | string> = {};
    this.columns.forEach((labels, column) => {
      if (isAbsentAt(bits, column)) return;
      cells[seriesText(labels)] = isStaleAt(bits, column) ? "stale" : row.values[column]!;
    });
    const nameOf = (column: ColumnId): string => seriesText(this.columns[column]!);
    const histograms: Record<string, string> = {};
    for (const [column, histogram] of row.histograms ?? []) {
      if (!isAbsentAt(bits, column)) throw new Error(`a value beside the histogram of ${nameOf(column)}`);
      histograms[nameOf(column)] = histogramText(histogram);
    }
    for (const { column, time, value, histogram } of row.ownTimes ?? []) {
      if (histogram === undefined) cells[`${nameOf(column)} @${time}`] = value;
      else histograms[`${nameOf(column)} @${time}`] = histogramText(histogram);
    }
    const exemplars = (row.exemplars ?? []).map(({ column, labels, value, time }) => {
      const own = time === row.time ? "" : ` @${time}`;
      return `${nameOf(column)} ${labelsText(labels)} ${value}${own}`;
    });
    const starts = (row.starts ?? []).map(({ column, time }) => `${nameOf(column)} @${time}`);
    this.rows.push({ time: row.time, cells, histograms, exemplars, starts });
    const none = { appended: 0, outOfOrder: 0, duplicates: 0, outOfBounds: 0, tooOld: 0 };
    return { ...none, ...this.outcome };
  }

  close(): void {
    this.closeCount++;
  }

  /** Cells of the last row but the synthetic ones, with job and instance left out of the names. */
  get samples(): Record<string, number | string> {
    return withoutSynthetic(this.rows.at(-1)?.cells ?? {});
  }
}

export function withoutSynthetic(
  cells: Readonly<Record<string, number | string>>,
): Record<string, number | string> {
  return Object.fromEntries(
    Object.entries(cells).filter(([name]) => name !== "up" && !name.startsWith("scrape_")),
  );
}

// `name{a="1"}`, without job and instance, which are the same for all.
function seriesText(labels: Labels): string {
  let name = "";
  const rest: string[] = [];
  for (let i = 0; i < labels.length; i += 2) {
    if (labels[i] === "__name__") name = labels[i + 1]!;
    else if (labels[i] !== "job" && labels[i] !== "instance") rest.push(labels[i]!, labels[i + 1]!);
  }
  return rest.length === 0 ? name : name + labelsText(rest as readonly string[] as Labels);
}
