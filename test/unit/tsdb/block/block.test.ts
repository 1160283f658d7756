import * as fc from "fast-check";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  compareText,
  compileMatcher,
  labelValue,
  millis,
  type CompiledMatcher,
} from "../../../../src/model/index.ts";
import { openBlock, writeBlock, type BlockReader } from "../../../../src/tsdb/block/index.ts";
import { answerOf, blockOrder, EVER, expectedAnswer, expectedSamples, passes } from "./block-model.ts";
import { listSource } from "./list-source.ts";
import { blockShape, randomBlock, type RandomBlock } from "./random-source.ts";

const directory = mkdtempSync(join(tmpdir(), "narthex-block-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let generation = 0;

async function write(block: RandomBlock, level = 1): Promise<BlockReader | undefined> {
  const meta = await writeBlock(directory, listSource(block), { generation: ++generation, level });
  return meta === undefined ? undefined : openBlock(join(directory, meta.file));
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
