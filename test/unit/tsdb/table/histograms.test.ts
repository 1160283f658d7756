import { expect, test } from "vitest";
import {
  columnId,
  createHistogram,
  seriesId,
  type ColumnId,
  type Histogram,
} from "../../../../src/model/index.ts";
import { putHistogram } from "../../../../src/tsdb/table/histograms.ts";
import { histogramAt, readHistograms, rowsBetween } from "../../../../src/tsdb/table/rows.ts";
import { attachHistograms, dropSeals, sealTile } from "../../../../src/tsdb/table/seal.ts";
import type { TableId } from "../../../../src/tsdb/table/table-id.ts";
import { FrozenTables } from "../../../../src/tsdb/table/table-rows.ts";
import { Tables } from "../../../../src/tsdb/table/tables.ts";

const COLUMNS = 150;

function histogramOf(count: number, buckets = 3): Histogram {
  return createHistogram({
    count,
    sum: count / 7,
    positiveSpans: [{ offset: -1, length: buckets }],
    // No two buckets alike, and far apart: nothing to save on.
    positiveBuckets: Array.from({ length: buckets }, (_, i) => count + ((i * 7919) % 1009) * 2 ** 30),
  });
}

function tableOf(tables: Tables): TableId {
  const table = tables.create();
  for (let c = 0; c < COLUMNS; c++) tables.addColumn(table, seriesId(c));
  return table;
}

function appendRow(tables: Tables, table: TableId, time: number): void {
  tables.append(table, time, new Uint32Array(2 * COLUMNS), { from: 0, to: COLUMNS });
}

/** Histograms of a column at times from 0 on. */
function read(
  tables: Tables | FrozenTables,
  table: TableId,
  column: ColumnId,
): (Histogram | undefined)[] | undefined {
  return readHistograms(tables, rowsBetween(tables, table, { from: 0, to: Infinity }), column);
}

test("histograms of tile and seals come back by row, whatever the order they came in", () => {
  const tables = new Tables();
  const table = tableOf(tables);
  const expected = new Map<number, (Histogram | undefined)[]>();
  for (const column of [0, 63, 64, 149])
    expected.set(
      column,
      Array.from({ length: 70 }, () => undefined),
    );
  const put = (column: number, row: number): void => {
    const histogram = histogramOf(row * 10 + column);
    expected.get(column)![row] = histogram;
    putHistogram(tables, table, columnId(column), row, histogram);
  };
  for (let row = 0; row < 70; row++) {
    if (row === 20 || row === 52) sealTile(tables, table);
    appendRow(tables, table, row);
    put(0, row);
    if (row % 3 === 0) put(63, row);
    if (row % 10 === 5) put(64, row);
    // A row that is filled after the next has come.
    if (row % 10 === 6) put(64, row - 2);
    if (row === 60) put(149, row);
  }
  for (const [column, histograms] of expected) {
    expect(read(tables, table, columnId(column))).toEqual(histograms);
    histograms.forEach((histogram, row) =>
      expect(histogramAt(tables, table, columnId(column), row)).toEqual(histogram),
    );
  }
  expect(read(tables, table, columnId(1))).toBeUndefined();
});

test("a large histogram and a column of many bytes are kept in chunks", () => {
  const tables = new Tables();
  const table = tableOf(tables);
  const sizes = [10, 20_000, 5, 20_000, 3, 1_500_000, 7];
  const histograms = sizes.map((size, row) => histogramOf(row + 1, size));
  histograms.forEach((histogram, row) => {
    appendRow(tables, table, row);
    putHistogram(tables, table, columnId(2), row, histogram);
  });
  expect(read(tables, table, columnId(2))?.map((item) => item?.sum)).toEqual(
    histograms.map(({ sum }) => sum),
  );
  sealTile(tables, table);
  const found = read(tables, table, columnId(2))!;
  found.forEach((item, row) => {
    expect(item!.positiveBuckets.length).toBe(sizes[row]);
    expect(item!.positiveBuckets.at(-1)).toBe(histograms[row]!.positiveBuckets.at(-1));
  });
});

test("what is dropped leaves nothing, and a reader keeps what it saw until it leaves", () => {
  const tables = new Tables();
  const table = tableOf(tables);
  const before = tables.heap.usedBytes;
  for (let round = 0; round < 3; round++) {
    for (let row = 0; row < 32; row++) {
      appendRow(tables, table, round * 100 + row);
      putHistogram(tables, table, columnId(row), tables.rowCount(table) - 1, histogramOf(row));
    }
    const leave = tables.gate.enter();
    const frozen = new FrozenTables(tables.heap, tables.copy());
    const seen = read(frozen, table, columnId(5));
    sealTile(tables, table);
    expect(read(tables, table, columnId(5))).toEqual(seen);
    dropSeals(tables, table, Infinity);
    // Memory that is let go of is not given out again yet.
    for (let row = 0; row < 32; row++) appendRow(tables, table, round * 100 + 50 + row);
    expect(read(frozen, table, columnId(5))).toEqual(seen);
    leave();
    tables.clearTile(table);
    expect(tables.heap.usedBytes).toBe(before);
  }
});

test("a seal that comes from the log gets its histograms afterwards", () => {
  const tables = new Tables();
  const table = tableOf(tables);
  for (let row = 0; row < 10; row++) appendRow(tables, table, row);
  sealTile(tables, table);
  const histograms = [1, 4, 9].map((row) => ({ column: columnId(7), row, histogram: histogramOf(row) }));
  attachHistograms(tables, table, histograms);
  const found = read(tables, table, columnId(7))!;
  for (const { row, histogram } of histograms) expect(found[row]).toEqual(histogram);
  expect(found.filter((item) => item !== undefined).length).toBe(3);
});
