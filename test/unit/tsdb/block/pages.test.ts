import { array, assert as assertProperty, constantFrom, nat, property, string, uint8Array } from "fast-check";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { compareText } from "../../../../src/model/index.ts";
import { EntryWriter, entryRange, parseEntries } from "../../../../src/tsdb/block/entries.ts";
import { CacheBudget, listBlockFiles, removeUnfinishedBlocks } from "../../../../src/tsdb/block/index.ts";
import { PageCache } from "../../../../src/tsdb/block/page-cache.ts";
import { openPage, sealPage } from "../../../../src/tsdb/block/page.ts";
import { readValuePage, writeValuePages } from "../../../../src/tsdb/block/values.ts";

const directory = mkdtempSync(join(tmpdir(), "narthex-pages-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("a page", () => {
  test("comes back under its own id only, and not with a bit changed", () => {
    assertProperty(
      property(
        uint8Array({ maxLength: 2000 }),
        constantFrom(true, false),
        nat(),
        (payload, compress, place) => {
          const repeated = Buffer.concat([payload, payload, payload]);
          const body = sealPage(7, repeated, compress);
          expect(Buffer.compare(openPage(7, body), repeated)).toBe(0);
          expect(() => openPage(8, body)).toThrow("checksum");
          body[Math.floor(place / 8) % body.length]! ^= 1 << (place % 8);
          expect(() => openPage(7, body)).toThrow(/checksum|packing/);
        },
      ),
    );
  });

  test("is stored as it is when zstd does not shorten it", () => {
    const payload = Uint8Array.from({ length: 50 }, (_, i) => (i * 97) % 256);
    expect(sealPage(1, payload, true).length).toBe(payload.length + 5);
  });
});

test("entries come back in order, dropped ones not at all", () => {
  assertProperty(
    property(array(uint8Array({ minLength: 1, maxLength: 200 }), { maxLength: 40 }), (entries) => {
      const writer = new EntryWriter();
      for (const entry of entries) {
        writer.body.bytes(Uint8Array.of(1, 2, 3));
        writer.dropEntry();
        writer.body.bytes(entry);
        writer.endEntry();
      }
      const parsed = parseEntries(writer.takePayload());
      expect(writer.count).toBe(0);
      const back = entries.map((_, i) => {
        const { bytes, from, to } = entryRange(parsed, i);
        return bytes.slice(from, to);
      });
      expect(back).toEqual(entries);
      expect(() => entryRange(parsed, entries.length)).toThrow("no entry");
    }),
  );
});

test("entries whose lengths do not add up are refused", () => {
  expect(() => parseEntries(Uint8Array.of(1, 5, 0, 0))).toThrow("entries of 5 bytes in 2 bytes");
  expect(() => parseEntries(Uint8Array.of(100, 1))).toThrow("100 entries in 1 bytes");
});

test("values come back from their pages, whatever their letters", () => {
  assertProperty(
    property(
      array(string({ unit: "grapheme", minLength: 1, maxLength: 2000 }), { maxLength: 40 }),
      (texts) => {
        const values = texts.toSorted(compareText);
        const { payloads, firstPairs, firstValues } = writeValuePages(values);
        const back = payloads.flatMap((payload, page) =>
          readValuePage(payload, firstPairs[page + 1]! - firstPairs[page]!),
        );
        expect(back).toEqual(values);
        expect(firstValues).toEqual(payloads.map((_, page) => values[firstPairs[page]!]));
      },
    ),
  );
});

test("values that share half of a surrogate pair stay whole", () => {
  const values = ["a🚀", "a🚁"];
  const { payloads } = writeValuePages(values);
  expect(readValuePage(payloads[0]!, 2)).toEqual(values);
});

test("the cache keeps to its budget and forgets first what was not used", () => {
  const budget = new CacheBudget(100);
  const first = new PageCache<string>(budget);
  const second = new PageCache<string>(budget);
  first.put(1, "used", 40);
  second.put(1, "unused", 40);
  expect(first.get(1)).toBe("used");
  first.put(2, "new", 40);
  expect(budget.bytes).toBe(80);
  expect([first.get(1), second.get(1), first.get(2)]).toEqual(["used", undefined, "new"]);
  for (let page = 3; page < 5000; page++) first.put(page, "later", 40);
  expect(budget.bytes).toBeLessThanOrEqual(100);
  expect(first.get(4999)).toBe("later");
  expect(first.get(1)).toBe(undefined);
});

test("a directory's blocks are told by their names, and what was never finished is removed", () => {
  for (const file of [
    "20-30-2.db",
    "-10-0-4.db",
    "20-30-1.db",
    "x.db",
    "5-6-7.db.tmp",
    "5-6-7.db.tmp-journal",
  ]) {
    writeFileSync(join(directory, file), "");
  }
  expect(listBlockFiles(directory)).toEqual([
    { file: "-10-0-4.db", from: -10, to: 0, generation: 4 },
    { file: "20-30-1.db", from: 20, to: 30, generation: 1 },
    { file: "20-30-2.db", from: 20, to: 30, generation: 2 },
  ]);
  expect(removeUnfinishedBlocks(directory).toSorted()).toEqual(["5-6-7.db.tmp", "5-6-7.db.tmp-journal"]);
  expect(readdirSync(directory)).not.toContain("5-6-7.db.tmp");
});
