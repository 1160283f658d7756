import { expect, test } from "vitest";
import { ByteWriter } from "../../../../src/base/index.ts";
import { createHistogram } from "../../../../src/model/index.ts";
import { encodeHistogram } from "../../../../src/tsdb/codec/index.ts";
import type { SeriesLabels } from "../../../../src/tsdb/head/series-labels.ts";
import { lateBlockSource } from "../../../../src/tsdb/late/block-source.ts";
import { createRunOf, type LateRun } from "../../../../src/tsdb/late/run.ts";
import type { BlockColumn } from "../../../../src/tsdb/block/index.ts";

// Series `s` has one label, whose name is symbol 0 and whose value is symbol s + 1.
const labels: SeriesLabels = {
  symbols: { count: 9, text: (id) => `symbol ${id}` },
  pairs: { nameOf: () => 0, valueOf: (pair) => pair + 1 },
  labelsMax: 1,
  labelCount: () => 1,
  pairAt: (series) => series,
};

function runOf(samples: readonly (readonly [column: number, time: number, value: number])[]): LateRun {
  return createRunOf({
    count: samples.length,
    columns: Uint32Array.from(samples, ([column]) => column),
    times: Float64Array.from(samples, ([, time]) => time),
    values: Float64Array.from(samples, ([, , value]) => value),
    places: undefined,
    histograms: undefined,
  });
}

function emptyColumn(): BlockColumn {
  return { timeline: 5, count: 9, times: new Float64Array(0), values: new Float64Array(0), histograms: [] };
}

test("gives the samples of a range by column, times that columns share once", () => {
  const runs = [
    runOf([[0, 10, 1], [0, 30, 2], [2, 10, 3], [1, 10, 5], [0, 99, 1]]), // prettier-ignore
    runOf([[2, 30, 4], [0, 10, 7], [1, 20, 6], [3, 10, 8], [3, 30, 9], [4, 5, 1]]), // prettier-ignore
  ];
  const series = Uint32Array.of(7, 3, 4, 5, 6);
  const deleted = new Map([[5, [{ from: 30, to: 30 }]]]);
  const source = lateBlockSource(
    labels,
    { share: { table: 1, runs }, series },
    { from: 10, to: 99 },
    deleted,
  );
  expect([source.from, source.to, source.seriesCount, source.symbolCount]).toEqual([10, 99, 5, 9]);
  expect(source.symbol(2)).toBe("symbol 2");
  const ids = new Uint32Array(2);
  expect(source.labelSymbols(0, ids)).toBe(2);
  expect([...ids]).toEqual([0, 8]);
  const columns = Array.from({ length: 5 }, (_, column) => {
    const into = emptyColumn();
    source.read(column, into);
    const times = into.timeline < 0 ? into.times : source.timeline(into.timeline);
    return [into.timeline, [...times.subarray(0, into.count)], [...into.values.subarray(0, into.count)]];
  });
  expect(columns).toEqual([
    [0, [10, 30], [1, 2]],
    [-1, [10, 20], [5, 6]],
    [0, [10, 30], [3, 4]],
    [-1, [10], [8]],
    [-1, [], []],
  ]);
  expect(source.timelineCount).toBe(1);
});

test("gives histograms where they stand", () => {
  const histogram = createHistogram({ count: 3, sum: 2.5 });
  const out = new ByteWriter();
  encodeHistogram(histogram, out);
  const run = createRunOf({
    count: 2,
    columns: Uint32Array.of(0, 0),
    times: Float64Array.of(30, 10),
    values: Float64Array.of(0, 4),
    places: Uint32Array.of(1, 0),
    histograms: out.copy(),
  });
  const generation = { share: { table: 1, runs: [run] }, series: Uint32Array.of(1) };
  const source = lateBlockSource(labels, generation, { from: 0, to: 99 }, new Map());
  const into = emptyColumn();
  source.read(0, into);
  expect(into.histograms).toEqual([undefined, histogram]);
  expect(into.values[0]).toBe(4);
});
