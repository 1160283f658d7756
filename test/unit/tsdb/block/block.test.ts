import * as fc from "fast-check";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  bitsOf,
  compareLabels,
  compareText,
  compileMatcher,
  isAbsentAt,
  isStaleAt,
  labelValue,
  labelsKey,
  millis,
  type CompiledMatcher,
  type Histogram,
  type Labels,
} from "../../../../src/model/index.ts";
import { createSeriesSamples } from "../../../../src/storage/index.ts";
import { openBlock, writeBlock, type BlockReader } from "../../../../src/tsdb/block/index.ts";
import { listSource, type ListedSeries } from "./list-source.ts";
import { blockShape, randomBlock, type RandomBlock } from "./random-source.ts";

const directory = mkdtempSync(join(tmpdir(), "narthex-block-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let generation = 0;

async function write(block: RandomBlock, level = 1): Promise<BlockReader | undefined> {
  const meta = await writeBlock(directory, listSource(block), { generation: ++generation, level });
  return meta === undefined ? undefined : openBlock(join(directory, meta.file));
}

interface PlainSample {
  readonly time: number;
  readonly bits: string; // Of a float.
  readonly histogram: Histogram | undefined;
}

function samplesOf(
  columns: {
    readonly times: Float64Array;
    readonly values: Float64Array;
    readonly histograms?: readonly (Histogram | undefined)[] | undefined;
  },
  count: number,
  range: { readonly from: number; readonly to: number },
): PlainSample[] {
  const bits = bitsOf(columns.values);
  const samples: PlainSample[] = [];
  for (let row = 0; row < count; row++) {
    const time = columns.times[row]!;
    const histogram = columns.histograms?.[row];
    if (time < range.from || time > range.to) continue;
    if (histogram === undefined && isAbsentAt(bits, row)) continue;
    const word = histogram === undefined ? `${bits[2 * row + 1]}:${bits[2 * row]}` : "";
    samples.push({ time, bits: word, histogram });
  }
  return samples;
}

function expectedSamples(
  block: RandomBlock,
  series: ListedSeries,
  range: { from: number; to: number },
): PlainSample[] {
  const times = typeof series.times === "number" ? block.timelines[series.times]! : series.times;
  return samplesOf({ ...series, times }, series.values.length, range);
}

const EVER = { from: -1e15, to: 1e15 };

function blockOrder(a: Labels, b: Labels): number {
  return compareText(labelValue(a, "__name__"), labelValue(b, "__name__")) || compareLabels(a, b);
}

function passes(labels: Labels, matchers: readonly CompiledMatcher[]): boolean {
  return matchers.every((matcher) => matcher.matches(labelValue(labels, matcher.matcher.name)));
}

/** Samples by label set, without series that have none in the range. */
function expectedAnswer(
  block: RandomBlock,
  matchers: readonly CompiledMatcher[],
  range: { from: number; to: number },
): Map<string, PlainSample[]> {
  const answer = new Map<string, PlainSample[]>();
  for (const series of block.series.toSorted((a, b) => blockOrder(a.labels, b.labels))) {
    const samples = expectedSamples(block, series, range);
    if (samples.length > 0 && passes(series.labels, matchers)) answer.set(labelsKey(series.labels), samples);
  }
  return answer;
}

/** The same from a block, in its order; also what its columns claim wrongly. */
function answerOf(
  reader: BlockReader,
  matchers: readonly CompiledMatcher[],
  range: { from: number; to: number },
): { samples: Map<string, PlainSample[]>; wrongClaims: string[] } {
  const samples = new Map<string, PlainSample[]>();
  const wrongClaims: string[] = [];
  const timesOfTimeline = new Map<number, string>();
  const selection = reader.select(matchers, millis(range.from), millis(range.to));
  const into = createSeriesSamples();
  for (let index = 0; index < selection.seriesCount; index++) {
    const key = labelsKey(selection.labels(index));
    selection.read(index, into);
    if (into.count > 0) samples.set(key, samplesOf(into, into.count, EVER));
    const bits = bitsOf(into.values);
    let stale = false;
    for (let row = 0; row < into.count; row++) {
      stale ||= into.histograms?.[row] === undefined ? isStaleAt(bits, row) : into.histograms[row]!.stale;
    }
    if (into.hasStale !== stale) wrongClaims.push(`${key} hasStale`);
    if (into.timeline < 0) continue;
    const times = into.times.slice(0, into.count).join();
    if ((timesOfTimeline.get(into.timeline) ?? times) !== times) wrongClaims.push(`${key} timeline`);
    timesOfTimeline.set(into.timeline, times);
  }
  selection.close();
  return { samples, wrongClaims };
}

function expectSameSamples(
  reader: BlockReader,
  block: RandomBlock,
  matchers: readonly CompiledMatcher[],
  range: { from: number; to: number },
): void {
  const { samples, wrongClaims } = answerOf(reader, matchers, range);
  const expected = expectedAnswer(block, matchers, range);
  expect(wrongClaims).toEqual([]);
  expect([...samples.keys()]).toEqual([...expected.keys()]);
  // One text each: comparing a hundred thousand small objects takes seconds.
  expect(JSON.stringify([...samples])).toBe(JSON.stringify([...expected]));
}

const matcherSets: readonly (readonly CompiledMatcher[])[] = [
  [],
  [compileMatcher({ kind: "=", name: "__name__", value: "metric_1" })],
  [compileMatcher({ kind: "=", name: "nowhere", value: "" })],
  [compileMatcher({ kind: "!=", name: "label_1", value: "" })],
  [compileMatcher({ kind: "!=", name: "label_1", value: "a" })],
  [compileMatcher({ kind: "=~", name: "label_0", value: "a|b|" })],
  [compileMatcher({ kind: "!~", name: "label_2", value: "ü.*|z" })],
  [
    compileMatcher({ kind: "=~", name: "__name__", value: "metric_[0-3]" }),
    compileMatcher({ kind: "!~", name: "label_3", value: "b" }),
    compileMatcher({ kind: "=", name: "label_0", value: "" }),
  ],
  [compileMatcher({ kind: "=", name: "__name__", value: "no such metric" })],
];

describe("a block", () => {
  test("gives back every sample that was written, bit for bit", async () => {
    const range = fc.record({ from: fc.integer({ min: 0, max: 7_200_000 }), length: fc.nat(7_200_000) });
    await fc.assert(
      fc.asyncProperty(blockShape, fc.constantFrom(1, 2), range, async (shape, level, part) => {
        const block = randomBlock(shape);
        const reader = await write(block, level);
        const samples = block.series.flatMap((series) => expectedSamples(block, series, EVER));
        expect(reader === undefined).toBe(samples.length === 0);
        if (reader === undefined) return;
        expect(reader.meta.sampleCount).toBe(samples.length);
        expect(reader.meta.minTime).toBe(samples.reduce((low, { time }) => Math.min(low, time), Infinity));
        expect(reader.meta.maxTime).toBe(samples.reduce((high, { time }) => Math.max(high, time), -Infinity));
        const from = block.from + part.from;
        for (const matchers of matcherSets) {
          expectSameSamples(reader, block, matchers, EVER);
          expectSameSamples(reader, block, matchers, {
            from,
            to: from + Math.floor(part.length * 7_200_000),
          });
        }
        expect(reader.stats().pagesDamaged).toBe(0);
        reader.close();
      }),
      { numRuns: 60 },
    );
  });

  test("lists label names, values and series without reading samples", async () => {
    const block = randomBlock({ seed: 5, from: 0, seriesCount: 150, rowsMax: 30 });
    const reader = (await write(block))!;
    for (const matchers of matcherSets) {
      const matching = block.series
        .filter((series) => expectedSamples(block, series, EVER).length > 0)
        .map((series) => series.labels)
        .filter((labels) => passes(labels, matchers));
      expect(reader.series(matchers)).toEqual(matching.toSorted(blockOrder));
      const names = new Set(matching.flatMap((labels) => labels.filter((_, i) => i % 2 === 0)));
      expect(reader.labelNames(matchers)).toEqual([...names].toSorted(compareText));
      for (const name of ["id", "label_0", "nowhere"]) {
        const values = new Set(
          matching.map((labels) => labelValue(labels, name)).filter((value) => value !== ""),
        );
        expect(reader.labelValues(name, matchers)).toEqual([...values].toSorted(compareText));
      }
    }
    const before = reader.stats().pagesRead;
    reader.select([], millis(0), millis(1e12)).close();
    expect(reader.stats().pagesRead).toBe(before);
    reader.close();
  });
});
