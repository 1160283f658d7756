import { array, assert as assertProperty, integer, property, uint8Array } from "fast-check";
import { uncompress } from "snappyjs";
import { describe, expect, test } from "vitest";
import { decodeSnappy, encodeSnappy } from "../../../src/wire/index.ts";
import { inflateSnappy } from "../../../src/wire/snappy.kernel.ts";

const LIMIT = 1 << 20;

function text(value: string): number[] {
  return Array.from(Buffer.from(value));
}

describe("blocks of each kind are decoded", () => {
  const rows: [string, number[], string][] = [
    ["nothing", [0], ""],
    ["a literal", [3, 8, ...text("abc")], "abc"],
    ["a literal with its length in a byte", [61, 60 << 2, 60, ...text("x".repeat(61))], "x".repeat(61)],
    ["a literal with its length in two bytes", [61, 61 << 2, 60, 0, ...text("y".repeat(61))], "y".repeat(61)],
    ["a near copy", [8, 3 << 2, ...text("abcd"), 1, 4], "abcdabcd"],
    ["a copy that overlaps itself", [9, 0, ...text("a"), (4 << 2) | 1, 1], "a".repeat(9)],
    ["a far copy", [6, 2 << 2, ...text("abc"), (2 << 2) | 2, 3, 0], "abcabc"],
    ["a farther copy", [6, 2 << 2, ...text("abc"), (2 << 2) | 3, 3, 0, 0, 0], "abcabc"],
  ];
  test.each(rows)("%s", (_name, bytes, expected) => {
    expect(Buffer.from(decodeSnappy(Uint8Array.from(bytes), LIMIT)).toString()).toBe(expected);
  });
});

describe("corrupt input is refused", () => {
  const rows: [string, number[]][] = [
    ["no bytes", []],
    ["a length without an end", [0x80, 0x80, 0x80, 0x80, 0x80, 0x80]],
    ["a length beyond 32 bits", [0xff, 0xff, 0xff, 0xff, 0x7f]],
    ["less than was declared", [5, 0, 65]],
    ["more than was declared", [1, 4, 65, 66]],
    ["a literal cut short", [3, 8, 65]],
    ["a literal's length cut short", [3, 61 << 2, 1]],
    ["a literal of four billion bytes", [3, 63 << 2, 255, 255, 255, 255, 65]],
    ["a copy of nothing", [4, 1, 1]],
    ["a copy from offset 0", [5, 0, 65, 1, 0]],
    ["a copy from before the start", [5, 0, 65, 1, 2]],
    ["a copy beyond the end", [3, 0, 65, 1, 1]],
    ["a copy's offset cut short", [5, 0, 65, 2, 1]],
  ];
  test.each(rows)("%s", (_name, bytes) => {
    expect(() => decodeSnappy(Uint8Array.from(bytes), 2 ** 33)).toThrow("snappy: corrupt input");
  });
});

test("a declared length above the limit is refused before it is allocated", () => {
  const bomb = Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0x07, 0, 0, 0, 0]);
  expect(() => decodeSnappy(bomb, 32 << 20)).toThrow(
    "snappy: decoded length 2147483647 exceeds limit 33554432",
  );
});

// What was compressed and what the library makes of it again: how `bytes` and the copies differ.
function differences(bytes: Uint8Array): string[] {
  const compressed = encodeSnappy(bytes);
  const copies = { own: decodeSnappy(compressed, LIMIT), library: uncompress(compressed) };
  return Object.entries(copies).flatMap(([way, copy]) => (Buffer.compare(copy, bytes) === 0 ? [] : [way]));
}

function checkBothWays(bytes: Uint8Array): void {
  expect(differences(bytes)).toEqual([]);
}

test("what was compressed comes back, also through another implementation", () => {
  const anyBytes = array(integer({ min: 0, max: 3 }), { maxLength: 3000 }).map((parts) =>
    Uint8Array.from(parts),
  );
  assertProperty(property(anyBytes, checkBothWays), { numRuns: 100 });
  assertProperty(property(uint8Array({ maxLength: 200 }), checkBothWays), { numRuns: 100 });
  const repeats = array(integer({ min: 1, max: 300 }), { maxLength: 40 });
  const longRuns = repeats.map((runs) =>
    Uint8Array.from(runs.flatMap((run, i) => Array.from({ length: run }, () => i % 5))),
  );
  assertProperty(property(longRuns, checkBothWays), { numRuns: 100 });
});

test("blocks beyond 64 KiB come back", () => {
  const line = Array.from(
    { length: 200_000 },
    (_, i) => (i % 1000 < 500 ? i % 251 : (i * 7919) >>> 3) & 0xff,
  );
  for (const length of [65_535, 65_536, 65_537, 131_072, 131_080, 200_000]) {
    expect(differences(Uint8Array.from(line.slice(0, length)))).toEqual([]);
  }
});

test("a full output that is too small is refused without writing beyond it", () => {
  const output = new Uint8Array(4);
  expect(inflateSnappy(Uint8Array.from([4 << 2, 1, 2, 3, 4, 5]), 0, output)).toBe(false);
  expect(Array.from(output)).toEqual([0, 0, 0, 0]);
});

test("any bytes are decoded or refused as corrupt", () => {
  const run = property(uint8Array({ maxLength: 60 }), (bytes) => {
    let outcome = "decoded";
    try {
      decodeSnappy(bytes, LIMIT);
    } catch (thrown) {
      outcome = (thrown as Error).message.replace(/ \d+/g, "");
    }
    expect(["decoded", "snappy: corrupt input", "snappy: decoded length exceeds limit"]).toContain(outcome);
  });
  assertProperty(run, { numRuns: 2000 });
});
