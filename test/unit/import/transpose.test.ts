import fc from "fast-check";
import { expect, test } from "vitest";
import type { InputColumn } from "../../../src/import/block-input.ts";
import type { Collector, Window } from "../../../src/import/collector.ts";
import { LabelSets } from "../../../src/import/label-sets.ts";
import { planWindows, SlotCounts, transpose } from "../../../src/import/transpose.ts";
import {
  createHistogram,
  isAbsentAt,
  bitsOf,
  labelsFromRecord,
  type Labels,
} from "../../../src/model/index.ts";

const SLOT_MS = 60_000;
const BLOCK_MS = 2 * 3_600_000;

interface Sample {
  readonly series: number;
  readonly time: number;
  readonly value: number; // Negative: a histogram with this sum.
}

const samples = fc.array(
  fc.record({
    series: fc.nat(5),
    time: fc.integer({ min: -3 * BLOCK_MS, max: 3 * BLOCK_MS }).map((time) => Math.floor(time / 5000) * 5000),
    value: fc.integer({ min: -100, max: 1000 }),
  }),
  { maxLength: 300 },
);

/** Everything as `series time value`, read back block by block. */
function transposed(list: readonly Sample[], samplesMax: number): { lines: string[]; loads: number } {
  const labels = new LabelSets();
  const counts = new SlotCounts(SLOT_MS);
  const numbers = new Map<number, number>();
  for (const { series, time } of list) {
    const set = labelsFromRecord({ __name__: `m${series}`, instance: String(series % 2) });
    numbers.set(series, labels.number(set));
    counts.add(time);
  }
  let loads = 0;
  const load = (range: Window, into: Collector): void => {
    loads++;
    for (const { series, time, value } of list) {
      const number = numbers.get(series)!;
      if (value < 0) into.addHistogram(number, time, createHistogram({ sum: value }));
      else into.addFloat(number, time, ...wordsOf(value));
    }
    expect(range.to).toBeGreaterThan(range.from);
  };
  const deleted = new Map([[numbers.get(0) ?? -1, [{ from: 0, to: 600_000 }]]]);
  const lines: string[] = [];
  let end = -Infinity;
  for (const input of transpose({ counts, labels, deleted, load }, { blockMs: BLOCK_MS, samplesMax })) {
    expect(input.from).toBeGreaterThanOrEqual(end);
    expect(Math.floor(input.from / BLOCK_MS)).toBe(Math.floor((input.to - 1) / BLOCK_MS));
    end = input.to;
    const symbols = new Uint32Array(2 * input.labelsMax);
    const column: InputColumn = {
      timeline: -1,
      count: 0,
      times: new Float64Array(0),
      values: new Float64Array(0),
      histograms: undefined,
    };
    for (let series = 0; series < input.seriesCount; series++) {
      expect(input.labelSymbols(series, symbols)).toBe(4);
      input.read(series, column);
      const times = column.count > 0 && column.timeline >= 0 ? input.timeline(column.timeline) : column.times;
      expect(times.length).toBeGreaterThanOrEqual(column.count);
      const bits = bitsOf(column.values);
      for (let row = 0; row < column.count; row++) {
        const histogram = column.histograms?.[row];
        if (histogram === undefined && isAbsentAt(bits, row)) continue;
        lines.push(`${input.symbol(symbols[1]!)} ${times[row]!} ${histogram?.sum ?? column.values[row]!}`);
      }
    }
  }
  return { lines, loads };
}

const view = new DataView(new ArrayBuffer(8));
function wordsOf(value: number): [high: number, low: number] {
  view.setFloat64(0, value);
  return [view.getUint32(0), view.getUint32(4)];
}

test("samples in any order come out by series and time, the first of equals", () => {
  fc.assert(
    fc.property(samples, fc.constantFrom(20, 1_000_000), (list, samplesMax) => {
      const first = new Map<string, string>();
      for (const { series, time, value } of list) {
        const key = `m${series} ${time}`;
        if (series === 0 && time >= 0 && time <= 600_000) continue;
        if (!first.has(key)) first.set(key, `${key} ${value}`);
      }
      expect(transposed(list, samplesMax).lines.toSorted()).toEqual([...first.values()].toSorted());
    }),
  );
});

test("samples that fit are collected in one go, others in several", () => {
  const list = Array.from({ length: 300 }, (_, i) => ({ series: i % 6, time: i * 60_000, value: i }));
  expect(transposed(list, 1000).loads).toBe(1);
  expect(transposed(list, 100).loads).toBeGreaterThan(2);
});

test("windows are two hours, and less where more would not fit", () => {
  const counts = new SlotCounts(SLOT_MS);
  for (let i = 0; i < 240; i++) for (let k = 0; k < 10; k++) counts.add(i * 60_000);
  const hour = 3_600_000;
  expect(planWindows(counts, BLOCK_MS, 10_000)).toEqual([
    { from: 0, to: 2 * hour, count: 1200 },
    { from: 2 * hour, to: 4 * hour, count: 1200 },
  ]);
  expect(
    planWindows(counts, BLOCK_MS, 600).map(({ from, to, count }) => [from / hour, to / hour, count]),
  ).toEqual([
    [0, 1, 600],
    [1, 2, 600],
    [2, 3, 600],
    [3, 4, 600],
  ]);
});

const setOf = (i: number): Labels => labelsFromRecord({ a: String(i % 7), b: String(i), [`c${i % 3}`]: "x" });

test("label sets are numbered once each, however many there are", () => {
  const labels = new LabelSets();
  const numbers = Array.from({ length: 5000 }, (_, i) => labels.number(setOf(i)));
  expect(numbers).toEqual(Array.from({ length: 5000 }, (_, i) => i));
  expect(Array.from({ length: 5000 }, (_, i) => labels.number(setOf(i)))).toEqual(numbers);
  const symbols = new Uint32Array(2 * labels.labelsMax);
  const count = labels.symbolsOf(4321, symbols);
  expect([...symbols.subarray(0, count)].map((id) => labels.symbol(id))).toEqual([...setOf(4321)]);
});
