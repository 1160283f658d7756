import * as fc from "fast-check";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { compileMatcher, labelsFromRecord, millis } from "../../../../src/model/index.ts";
import {
  mergeBlocks,
  openBlock,
  writeBlock,
  type BlockReader,
  type Deletion,
} from "../../../../src/tsdb/block/index.ts";
import { answerOf, EVER, expectedAnswer, type PlainSample } from "./block-model.ts";
import { listSource } from "./list-source.ts";
import { blockShape, randomBlock, type RandomBlock } from "./random-source.ts";

const directory = mkdtempSync(join(tmpdir(), "narthex-merge-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let generation = 0;

async function write(block: RandomBlock): Promise<BlockReader | undefined> {
  const meta = await writeBlock(directory, listSource(block), { generation: ++generation, level: 1 });
  return meta === undefined ? undefined : openBlock(join(directory, meta.file));
}

async function merge(readers: readonly BlockReader[]): Promise<BlockReader | undefined> {
  const meta = await mergeBlocks(directory, readers, { generation: ++generation, level: 2 });
  return meta === undefined ? undefined : openBlock(join(directory, meta.file));
}

/** First written first: of two samples for one time, the earlier block's stays. */
function mergedAnswer(
  blocks: readonly RandomBlock[],
  deletions: readonly Deletion[],
): Map<string, PlainSample[]> {
  const merged = new Map<string, Map<number, PlainSample>>();
  for (const block of blocks) {
    const gone = new Map<string, Set<number>>();
    for (const { matchers, from, to } of deletions) {
      for (const [key, samples] of expectedAnswer(block, matchers, { from, to })) {
        const times = gone.get(key) ?? new Set();
        for (const { time } of samples) times.add(time);
        gone.set(key, times);
      }
    }
    for (const [key, samples] of expectedAnswer(block, [], EVER)) {
      const bySeries = merged.get(key) ?? new Map<number, PlainSample>();
      merged.set(key, bySeries);
      for (const sample of samples) {
        const isGone = gone.get(key)?.has(sample.time) ?? false;
        if (!isGone && !bySeries.has(sample.time)) bySeries.set(sample.time, sample);
      }
    }
  }
  const answer = new Map<string, PlainSample[]>();
  for (const [key, bySeries] of merged) {
    if (bySeries.size > 0)
      answer.set(
        key,
        [...bySeries.values()].toSorted((a, b) => a.time - b.time),
      );
  }
  return answer;
}

// Where a histogram may follow another one than before, its hint does not say "not_reset" any more.
function text(answer: ReadonlyMap<string, PlainSample[]>): string {
  return JSON.stringify(
    [...answer].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    (_key, value: unknown) => (value === "not_reset" ? "unknown" : value),
  );
}

const deletion: fc.Arbitrary<Deletion> = fc
  .record({
    matcher: fc.constantFrom(
      { kind: "=", name: "__name__", value: "metric_1" } as const,
      { kind: "!=", name: "label_1", value: "a" } as const,
      { kind: "=~", name: "label_0", value: "a|z" } as const,
    ),
    from: fc.integer({ min: -7_200_000, max: 7_200_000 }),
    length: fc.nat(10_000_000),
  })
  .map(({ matcher, from, length }) => ({
    matchers: [compileMatcher(matcher)],
    from: millis(from),
    to: millis(from + length),
  }));

function timelineCount(reader: BlockReader): number {
  const selection = reader.select([], reader.meta.minTime, reader.meta.maxTime);
  const seen = new Set<number>();
  const column = {
    timeline: 0,
    count: 0,
    times: new Float64Array(0),
    values: new Float64Array(0),
    histograms: undefined,
  };

  for (let i = 0; i < selection.seriesCount; i++) {
    selection.readColumn(i, column);
    seen.add(column.timeline);
  }
  selection.close();
  return seen.size;
}

// Six series that take turns on two timelines.
function half(from: number): RandomBlock {
  return {
    from,
    to: from + 1000,
    timelines: [0, 5].map((offset) => Float64Array.from([from + offset, from + 100 + offset])),
    series: Array.from({ length: 6 }, (_, i) => ({
      labels: labelsFromRecord({ __name__: "up", id: `${i}` }),
      times: i % 2,
      values: Float64Array.from([i, from]),
    })),
  };
}

describe("merging blocks", () => {
  test("keeps every sample once, the first written, without the deleted", async () => {
    // Same label sets in all blocks; times that touch, overlap or lie apart.
    const shapes = fc.tuple(
      blockShape,
      fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 1, maxLength: 3 }),
    );
    await fc.assert(
      fc.asyncProperty(shapes, fc.array(deletion, { maxLength: 2 }), async ([shape, shifts], deletions) => {
        const blocks = shifts.map((shift, i) =>
          randomBlock({
            ...shape,
            seed: shape.seed + (i === 2 ? 1 : 0),
            from: shift * 3_600_000,
            rowsMax: Math.max(1, shape.rowsMax - i),
          }),
        );
        const written = await Promise.all(blocks.map(write));
        const readers = written.filter((reader) => reader !== undefined);
        if (readers.length === 0) return;
        for (const reader of readers) reader.setDeletions(deletions);
        const merged = await merge(readers);
        const expected = mergedAnswer(blocks, deletions);
        expect(merged === undefined).toBe(expected.size === 0);
        for (const reader of readers) reader.close();
        if (merged === undefined) return;
        const { samples, wrongClaims } = answerOf(merged, [], EVER);
        expect(wrongClaims).toEqual([]);
        expect(text(samples)).toBe(text(expected));
        expect(merged.meta.level).toBe(2);
        expect(merged.meta.seriesCount).toBe(expected.size);
        merged.close();
      }),
      { numRuns: 40 },
    );
  });

  test("lets series that shared timelines share the merged one", async () => {
    const readers = [(await write(half(0)))!, (await write(half(1000)))!];
    const merged = (await merge(readers))!;
    expect(timelineCount(merged)).toBe(2);
    for (const reader of [...readers, merged]) reader.close();
  });

  test("applies deletions to what a reader shows, before any rewriting", async () => {
    const block = randomBlock({ seed: 8, from: 0, seriesCount: 65, rowsMax: 513 });
    const deletions: Deletion[] = [
      {
        matchers: [compileMatcher({ kind: "=", name: "__name__", value: "metric_2" })],
        from: millis(1_000_000),
        to: millis(3_000_000),
      },
    ];
    const reader = (await write(block))!;
    reader.setDeletions(deletions);
    expect(text(answerOf(reader, [], EVER).samples)).toBe(text(mergedAnswer([block], deletions)));
    expect(reader.deletedShare()).toBeGreaterThan(0.05);
    reader.setDeletions([]);
    expect(reader.deletedShare()).toBe(0);
    expect(text(answerOf(reader, [], EVER).samples)).toBe(text(mergedAnswer([block], [])));
    reader.close();
  });

  test("a selection outlives its reader and the file's name", async () => {
    const block = randomBlock({ seed: 9, from: 0, seriesCount: 65, rowsMax: 30 });
    const reader = (await write(block))!;
    const selection = reader.select([], millis(0), millis(7_200_000));
    reader.close();
    rmSync(reader.path);
    const column = {
      timeline: 0,
      count: 0,
      times: new Float64Array(0),
      values: new Float64Array(0),
      histograms: undefined,
    };
    selection.readColumn(selection.seriesCount - 1, column);
    expect(column.count).toBeGreaterThan(0);
    selection.close();
    selection.close();
  });
});
