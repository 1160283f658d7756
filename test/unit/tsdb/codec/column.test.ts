import { array, assert as assertProperty, constantFrom, integer, nat, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { bitsOf } from "../../../../src/model/index.ts";
import {
  decodeColumn,
  decodeTimes,
  encodeColumn,
  encodeTimes,
  maxColumnBytes,
  maxTimesBytes,
} from "../../../../src/tsdb/codec/index.ts";

// The plain twin of the whole codec: eight bytes a value, as they are in memory.
function plainBytes(values: Float64Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("hex");
}

function encode(values: Float64Array): Uint8Array {
  const out = new Uint8Array(maxColumnBytes(values.length));
  return out.slice(0, encodeColumn(values, 0, values.length, out, 0));
}

/** A small random stream with a seed. */
function randomStream(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const SPECIAL_WORDS: readonly (readonly [number, number])[] = [
  [0x6e617274, 0x7ff00000], // Absent.
  [2, 0x7ff00000], // Stale.
  [2, 0x7ff80000], // Stale as quietened by an engine.
  [1, 0x7ff80000], // Ordinary NaN.
  [0, 0x7ff00000],
  [0, 0xfff00000],
  [0, 0x80000000],
  [0xffffffff, 0xffffffff],
];

const WAYS: readonly ((random: () => number) => number)[] = [
  () => 0,
  (random) => Math.floor(random() * 30),
  (random) => random() * 1e6,
  (random) => Math.floor(random() * 1e6) / 1000,
  (random) => Math.floor(random() * 1e7) * 0.001,
  (random) => Math.floor(random() * 1e7) / 1000 / 1000,
  (random) => (random() - 0.5) * 2 ** 54,
  (random) => Math.round((random() - 0.5) * 2 ** 52),
  (random) => 2 ** 53 - Math.floor(random() * 4),
  (random) => (random() < 0.5 ? 1 : -1) * 2 ** 51 + Math.floor(random() * 3) - 1,
  (random) => Math.floor(random() * 100) * 4096,
  (random) => (random() < 0.9 ? 5 : Math.floor(random() * 2 ** 51)),
  (random) => random() * 1e-310,
  (random) => Math.floor(random() * 10) * 1e22,
];

const columnShape = record({
  seed: integer(),
  count: nat(600),
  way: nat(WAYS.length - 1),
  isWalk: constantFrom(false, true),
  specials: constantFrom(0, 0, 0.05, 0.3, 0.95),
  wild: constantFrom(0, 0, 0, 0.1, 1),
});

function makeColumn(shape: {
  seed: number;
  count: number;
  way: number;
  isWalk: boolean;
  specials: number;
  wild: number;
}): Float64Array {
  const random = randomStream(shape.seed);
  const values = new Float64Array(shape.count);
  const bits = bitsOf(values);
  const way = WAYS[shape.way]!;
  let walk = way(random);
  for (let row = 0; row < shape.count; row++) {
    if (random() < shape.specials) {
      const words = SPECIAL_WORDS[Math.floor(random() * SPECIAL_WORDS.length)]!;
      for (
        const run = row + Math.floor(random() * random() * 20);
        row < run && row + 1 < shape.count;
        row++
      ) {
        bits.set(words, 2 * row);
      }
      bits.set(words, 2 * row);
    } else if (random() < shape.wild) {
      bits[2 * row] = random() * 2 ** 32;
      bits[2 * row + 1] = random() * 2 ** 32;
    } else {
      walk += way(random);
      values[row] = shape.isWalk ? walk : way(random);
    }
  }
  return values;
}

describe("a column", () => {
  test("comes back bit for bit, within its room, wherever it lies", () => {
    assertProperty(
      property(columnShape, nat(5), nat(5), (shape, from, at) => {
        const column = makeColumn(shape);
        const values = new Float64Array(from + column.length + 2);
        values.set(column, from);
        const room = maxColumnBytes(column.length);
        const out = new Uint8Array(at + room + 4).fill(0xab);
        const used = encodeColumn(values, from, column.length, out, at);
        expect(used).toBeLessThanOrEqual(room);
        expect([...out.subarray(at + room)]).toEqual([0xab, 0xab, 0xab, 0xab]);
        const back = new Float64Array(column.length + 4);
        // Once with bytes after the column and once without: the end is read with care.
        for (const bytes of [out, out.slice(0, at + used)]) {
          expect(decodeColumn(bytes, at, column.length, back, 2)).toBe(used);
          expect(plainBytes(back.subarray(2, 2 + column.length))).toBe(plainBytes(column));
        }
        expect([back[0], back[1], back.at(-2), back.at(-1)]).toEqual([0, 0, 0, 0]);
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    ["zeros", Array.from({ length: 32 }, () => 0), 1],
    ["a small constant", Array.from({ length: 32 }, () => 17), 1],
    ["a constant decimal", Array.from({ length: 32 }, () => 0.25), 2],
    ["a constant full float", Array.from({ length: 32 }, () => Math.PI), 9],
    ["a counter with even steps", Array.from({ length: 512 }, (_, i) => 1000 + 5 * i), 5],
    ["pages of 4 KiB", Array.from({ length: 33 }, (_, i) => 4096 * (1000 + (i % 2))), 12],
    ["one jump in a constant", Array.from({ length: 512 }, (_, i) => (i === 300 ? 1e9 : 3)), 11],
    ["minus zeros", Array.from({ length: 32 }, () => -0), 6],
  ] as const)("of %s takes few bytes", (_, values, bytes) => {
    expect(encode(Float64Array.from(values)).length).toBeLessThanOrEqual(bytes);
  });

  test.each([
    ["a patch beyond the end", [0x81 - 0x80, 0x80 | 1, 0, 1, 9, 1, 0]],
    ["no values where there are some", [7]],
    ["an unknown scale", [(30 << 3) | 1, 1, 0, 0]],
    ["more specials than values", [0xff, 1, 0, 100 * 8, 7]],
  ])("with %s is refused", (_, bytes) => {
    const padded = Uint8Array.from([...bytes, 0, 0, 0, 0]);
    expect(() => decodeColumn(padded, 0, 3, new Float64Array(3), 0)).toThrow(/column (of|at)/);
  });
});

function timesBytes(count: number, jitter: number): number {
  const random = randomStream(1);
  const times = Float64Array.from(
    { length: count },
    (_, i) => 1.7e12 + 15_000 * i + Math.floor(random() * jitter),
  );
  return encodeTimes(times, 0, count, new Uint8Array(maxTimesBytes(count)), 0);
}

describe("times", () => {
  test("of any order within safe integers come back", () => {
    assertProperty(
      property(array(integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER })), (list) => {
        const times = Float64Array.from(list.toSorted((a, b) => a - b));
        const out = new Uint8Array(maxTimesBytes(times.length));
        const used = encodeTimes(times, 0, times.length, out, 0);
        const back = new Float64Array(times.length);
        expect(decodeTimes(out, 0, times.length, back, 0)).toBe(used);
        expect([...back]).toEqual([...times]);
      }),
    );
  });

  test("at a regular interval cost the same however many, jitter a few bits each", () => {
    expect(timesBytes(512, 1)).toBe(timesBytes(32, 1));
    expect(timesBytes(512, 1)).toBeLessThanOrEqual(12);
    expect(timesBytes(512, 3)).toBeLessThanOrEqual((512 * 3) / 8 + 12);
  });
});
