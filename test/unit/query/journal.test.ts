import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLogger } from "../../../src/base/index.ts";
import { QueryJournal } from "../../../src/query/index.ts";
import { FakeClock } from "../../support/fake-clock.ts";

let directory = "";
let log = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "narthex-journal-"));
  log = "";
});
afterEach(() => rmSync(directory, { recursive: true }));

function write(line: string): void {
  log += line;
}

function open(slots = 2, file = join(directory, "queries.active")): QueryJournal {
  const logger = createLogger({ level: "info", format: "json", write, now: () => 0 });
  return new QueryJournal({ file, slots, clock: new FakeClock(1_700_000_000_500), logger });
}

test("queries that had not ended are told at the next start, once", () => {
  const journal = open(3);
  journal.begin("up");
  journal.end(journal.begin("sum(up)"));
  journal.begin('rate(x{a="ä\n"}[5m])');
  open().close();
  const { msg, queries } = JSON.parse(log) as { msg: string; queries: string };
  expect(msg).toBe("These queries didn't finish in prometheus' last run:");
  expect(queries.split("\n").map((line): unknown => JSON.parse(line))).toEqual([
    { query: "up", timestamp_sec: 1_700_000_000 },
    { query: 'rate(x{a="ä\n"}[5m])', timestamp_sec: 1_700_000_000 },
  ]);
  log = "";
  open().close();
  expect(log).toBe("");
});

test("long texts are cut, and more queries than slots are not noted", () => {
  const journal = open(1);
  const slot = journal.begin('"\n'.repeat(3000));
  expect(journal.begin("up")).toBe(-1);
  journal.end(-1);
  const text = readFileSync(join(directory, "queries.active"), "utf8");
  expect(text).toHaveLength(1024);
  expect((JSON.parse(text) as { query: string }).query).toMatch(/^("\n)+"?$/);
  journal.end(slot);
  expect(journal.begin("up")).toBe(slot);
  journal.close();
});

test("rubbish in the file is passed over", () => {
  writeFileSync(join(directory, "queries.active"), Buffer.alloc(3000, "{x"));
  open().close();
  expect(log).toBe("");
});

test("a file that cannot be made is told and given up", () => {
  const journal = open(1, join(directory, "missing", "queries.active"));
  expect(journal.begin("up")).toBe(-1);
  journal.close();
  expect(log).toContain("the list of running queries cannot be read");
});
