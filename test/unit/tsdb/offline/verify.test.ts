import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { verifyDirectory } from "../../../../src/tsdb/index.ts";
import { filledStore } from "./filled-store.ts";

let directory = "";
let blocks: string[] = [];
let samples = 0;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "narthex-verify-"));
  const { store } = await filledStore(directory, 9);
  samples = store.blocks().reduce((sum, block) => sum + block.samples.float + block.samples.histogram, 0);
  await store.close();
  blocks = readdirSync(join(directory, "blocks")).toSorted();
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function change(path: string, sql: string): void {
  const database = new Database(join(directory, path));
  database.exec(sql);
  database.close();
}

test("a sound directory is read whole", () => {
  const report = verifyDirectory(directory);
  expect(report).toMatchObject({ blocks: blocks.length, damages: [], notes: [], headSeries: 4 });
  expect(report.series).toBe(4 * blocks.length);
  expect(report.samples).toBe(samples);
  expect(report.pages).toBeGreaterThan(5 * blocks.length);
});

test.each([
  [
    "a page whose bytes changed",
    "UPDATE page SET body = zeroblob(length(body)) WHERE rowid = (SELECT min(id) FROM page)",
    /page \d+ of table page: checksum/,
  ],
  ["lost samples", "DELETE FROM column_page", /page columns 0: the page is missing/],
  ["a lost header", "DELETE FROM page WHERE id = (SELECT max(id) FROM page)", /its header cannot be read/],
])("%s in a block are found", (_, sql, expected) => {
  change(`blocks/${blocks[0]!}`, sql);
  const { damages } = verifyDirectory(directory);
  expect(damages.join("\n")).toMatch(expected);
  expect(damages.every((damage) => damage.startsWith(`blocks/${blocks[0]!}: `))).toBe(true);
});

test("a block in the place of another is found", () => {
  renameSync(join(directory, "blocks", blocks[1]!), join(directory, "blocks", blocks[0]!));
  const { damages } = verifyDirectory(directory);
  expect(damages).toHaveLength(2);
  expect(damages[0]).toBe(`blocks/${blocks[1]!} is missing, but the catalogue names it`);
  expect(damages[1]).toContain(`it is that of ${blocks[1]!}`);
});

test("a damaged stretch of the log is found", () => {
  const database = new Database(join(directory, "head.db"));
  const log = database
    .prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'log@_%' ESCAPE '@'")
    .pluck()
    .get();
  database.exec(`UPDATE "${String(log)}" SET records = zeroblob(length(records)) WHERE seq = 1`);
  database.close();
  expect(verifyDirectory(directory).damages.join("\n")).toMatch(/^head\.db: .*log_\d+ 1: /);
});

test("a head.db that is no database is found", () => {
  writeFileSync(join(directory, "head.db"), "nothing of the kind".repeat(1000));
  const { damages } = verifyDirectory(directory);
  expect(damages[0]).toBe("head.db: file is not a database");
});
