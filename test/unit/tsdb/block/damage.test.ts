import * as fc from "fast-check";
import Database from "better-sqlite3";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { compileMatcher } from "../../../../src/model/index.ts";
import {
  DamagedBlockError,
  openBlock,
  writeBlock,
  type BlockDamage,
  type BlockReader,
} from "../../../../src/tsdb/block/index.ts";
import { openPage, PAGE_KINDS, pageId, sealPage } from "../../../../src/tsdb/block/page.ts";
import { answerOf, EVER, expectedAnswer, type PlainSample } from "./block-model.ts";
import { listSource } from "./list-source.ts";
import { randomBlock } from "./random-source.ts";

const directory = mkdtempSync(join(tmpdir(), "narthex-damage-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const block = randomBlock({ seed: 11, from: 0, seriesCount: 65, rowsMax: 600 });
const expected = expectedAnswer(block, [], EVER);
const matchers = [
  compileMatcher({ kind: "=~", name: "__name__", value: "metric_[1-3]" }),
  compileMatcher({ kind: "!=", name: "label_1", value: "a" }),
];
const expectedSome = expectedAnswer(block, matchers, EVER);

let files = 0;
const intact = await writeBlock(directory, listSource(block), { generation: 1, level: 1 });
const compressed = await writeBlock(directory, listSource(block), { generation: 2, level: 2 });

function intactPath(level: number): string {
  return join(directory, (level === 1 ? intact : compressed)!.file);
}

/** One text a sample, by series. */
function texts(answer: ReadonlyMap<string, readonly PlainSample[]>): Set<string> {
  const all = new Set<string>();
  for (const [key, samples] of answer) {
    for (const { time, bits, histogram } of samples) {
      all.add(`${key} ${time} ${bits}${histogram === undefined ? "" : JSON.stringify(histogram)}`);
    }
  }
  return all;
}

const known = texts(expected);
const knownSome = texts(expectedSome);

function tryOpen(path: string, damages: BlockDamage[]): BlockReader | undefined {
  try {
    return openBlock(path, { onDamage: (damage) => damages.push(damage) });
  } catch (thrown) {
    if (!(thrown instanceof DamagedBlockError)) throw thrown;
    damages.push({ file: path, page: "file", reason: thrown.message });
    return undefined;
  }
}

/** Reads everything that can be read; not being able to open the file is one damage. */
function readAll(path: string): { wrong: string[]; missing: number; damages: number } {
  const damages: BlockDamage[] = [];
  const reader = tryOpen(path, damages);
  if (reader === undefined) return { wrong: [], missing: known.size, damages: damages.length };
  const all = texts(answerOf(reader, [], EVER).samples);
  const some = texts(answerOf(reader, matchers, EVER).samples);
  expect(reader.stats().pagesDamaged).toBe(damages.length);
  reader.close();
  return {
    wrong: [...all]
      .filter((text) => !known.has(text))
      .concat([...some].filter((text) => !knownSome.has(text))),
    missing: known.size - all.size + (knownSome.size - some.size),
    damages: damages.length,
  };
}

function damagedCopy(level: number, change: (bytes: Buffer) => Buffer): string {
  const folder = join(directory, `${files++}`);
  mkdirSync(folder);
  const path = join(folder, basename(intactPath(level)));
  writeFileSync(path, change(readFileSync(intactPath(level))));
  return path;
}

describe("a damaged block", () => {
  test("never yields a wrong sample for flipped bits, and reports what it leaves out", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2),
        fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
        (level, places) => {
          const path = damagedCopy(level, (bytes) => {
            for (const place of places) bytes[Math.floor(place / 8) % bytes.length]! ^= 1 << (place % 8);
            return bytes;
          });
          const { wrong, missing, damages } = readAll(path);
          rmSync(path);
          expect(wrong).toEqual([]);
          expect(missing === 0 || damages > 0).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("never yields a wrong sample when cut short or zeroed", () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 2), fc.nat(), fc.boolean(), (level, place, cut) => {
        const path = damagedCopy(level, (bytes) => {
          const at = place % bytes.length;
          return cut
            ? bytes.subarray(0, at)
            : bytes.fill(0, at - (at % 4096), Math.min(bytes.length, at - (at % 4096) + 4096));
        });
        const { wrong, missing, damages } = readAll(path);
        rmSync(path);
        expect(wrong).toEqual([]);
        expect(missing === 0 || damages > 0).toBe(true);
      }),
      { numRuns: 80 },
    );
  });

  test.each(PAGE_KINDS)("loses only what a damaged page of %s held", (kind) => {
    const path = damagedCopy(1, (bytes) => bytes);
    const database = new Database(path);
    const table = kind === "columns" ? "column_page" : "page";
    const id = pageId(kind, 0);
    const body = database.prepare(`SELECT body FROM ${table} WHERE id = ?`).pluck().get(id) as Buffer;
    body[body.length - 1]! ^= 0x10;
    database.prepare(`UPDATE ${table} SET body = ? WHERE id = ?`).run(body, id);
    database.close();
    const { wrong, missing, damages } = readAll(path);
    expect(wrong).toEqual([]);
    expect(damages).toBe(1);
    // Postings say nothing that the series' labels do not say.
    expect(missing > 0).toBe(kind !== "postings");
  });

  test("notices pages in each other's place", () => {
    const path = damagedCopy(1, (bytes) => bytes);
    const database = new Database(path);
    database.exec(
      "UPDATE column_page SET id = -1 WHERE id = 0; UPDATE column_page SET id = 0 WHERE id = 1;" +
        "UPDATE column_page SET id = 1 WHERE id = -1",
    );
    database.close();
    const { wrong, damages } = readAll(path);
    expect(wrong).toEqual([]);
    expect(damages).toBe(2);
  });

  test("of a newer format is refused by name and version", () => {
    const path = damagedCopy(1, (bytes) => bytes);
    const database = new Database(path);
    const id = pageId("header", 0);
    const body = database.prepare("SELECT body FROM page WHERE id = ?").pluck().get(id) as Buffer;
    const payload = Buffer.from(openPage(id, body));
    payload[1] = 9; // The lowest format that can read it.
    database.prepare("UPDATE page SET body = ? WHERE id = ?").run(sealPage(id, payload, false), id);
    database.close();
    expect(() => openBlock(path)).toThrow(
      `block ${path} needs a reader of format 9, this version reads up to 2`,
    );
  });

  test("that is no database is refused with its path", () => {
    const path = damagedCopy(1, () => Buffer.from("not a database"));
    expect(() => openBlock(path)).toThrow(`block ${path} is damaged`);
    copyFileSync(intactPath(1), path);
    expect(openBlock(path).meta.seriesCount).toBe(expected.size);
  });

  test("under the name of another block is refused", () => {
    const path = join(directory, "0-7200000-9.db");
    copyFileSync(intactPath(1), path);
    expect(() => openBlock(path)).toThrow(
      `its header cannot be read: it is that of ${basename(intactPath(1))}`,
    );
  });
});
