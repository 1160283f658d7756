import { expect, test } from "vitest";
import { createLogger, errorText } from "../../../../src/base/index.ts";
import { bitsOf, labelsFromRecord, setStaleAt } from "../../../../src/model/index.ts";
import { ReadOnlyError, StorageError } from "../../../../src/tsdb/errors.ts";
import { Head } from "../../../../src/tsdb/head/head.ts";
import { partNamed, type Commit, type LogSink } from "../../../../src/tsdb/log/commit.ts";
import { HeadLog } from "../../../../src/tsdb/log/head-log.ts";
import { DefinitionReader } from "../../../../src/tsdb/log/definitions.ts";
import { findSeals, RowReplay } from "../../../../src/tsdb/log/replay-rows.ts";
import { adoptSeals, findFloors } from "../../../../src/tsdb/log/seal-records.ts";
import { HandClock, T0 } from "../model.ts";

const RANGE_MS = 7_200_000;

/** Keeps blobs in memory and fails as long as `isFull`. */
class MemorySink implements LogSink {
  isFull = false;
  commits = 0;
  definitions: Uint8Array[] = [];
  readonly rows: { windowStart: number; records: Uint8Array }[] = [];
  readonly seals: { windowStart: number; records: Uint8Array }[] = [];

  async commit({ blobs }: Commit): Promise<void> {
    if (this.isFull) throw new Error("database or disk is full");
    for (const { part, records } of blobs) {
      const { kind, number: windowStart = 0 } = partNamed(part) ?? {};
      if (kind === undefined) this.definitions.push(records.slice());
      else (kind === "seals" ? this.seals : this.rows).push({ windowStart, records: records.slice() });
    }
    this.commits++;
  }

  async sync(): Promise<void> {}

  async checkpoint(): Promise<void> {}

  async renew(): Promise<void> {}
}

interface Setup {
  readonly clock: HandClock;
  readonly head: Head;
  readonly database: MemorySink;
  readonly log: HeadLog;
  readonly lines: string[];
}

function setup(): Setup {
  const clock = new HandClock(T0);
  const head = new Head({ blockRangeMs: RANGE_MS });
  const database = new MemorySink();
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const logger = createLogger({ level: "info", format: "logfmt", write, now: () => 0 });
  const log = new HeadLog(head, database, {
    clock,
    logger,
    path: "/nowhere/head.db",
    syncIntervalMs: 5000,
    heldBytesMax: 1000,
    lastBlobs: new Map(),
  });
  head.log = log;
  return { clock, head, database, log, lines };
}

/** Appends one row of two columns to the table `t`. */
function appendRow({ head }: Setup, time: number, values: Float64Array): void {
  const table = head.tableOfKey("t");
  head.columnOf(table, head.series(labelsFromRecord({ __name__: "a" })));
  head.columnOf(table, head.series(labelsFromRecord({ __name__: "b" })));
  head.appendRow({ table, time, bits: bitsOf(values), cells: { from: 0, to: 2 } });
}

/** Lets promises go on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function replayed(database: MemorySink, isCut = false): Head {
  const head = new Head({ blockRangeMs: RANGE_MS });
  const definitions = new DefinitionReader(head);
  for (const blob of database.definitions) definitions.read(blob);
  for (const { windowStart, records } of database.seals) adoptSeals(head, records, windowStart);
  const rows = new RowReplay(head);
  for (const windowStart of new Set(database.rows.map(({ windowStart }) => windowStart))) {
    rows.startWindow(isCut);
    for (const blob of database.rows)
      if (blob.windowStart === windowStart) rows.replay(blob.records, windowStart);
  }
  expect(rows.rowsLost).toBe(0);
  return head;
}

test("rows share a commit a tenth of a second later, or at once when somebody waits", async () => {
  const all = setup();
  appendRow(all, T0, Float64Array.of(1, 2));
  appendRow(all, T0 + 1, Float64Array.of(1, 3));
  expect(all.database.commits).toBe(0);
  all.clock.advance(100);
  expect(all.database.commits).toBe(1);
  appendRow(all, T0 + 200, Float64Array.of(1, 4));
  await all.log.committed();
  expect(all.database.commits).toBe(2);
  // The first tile of the first table is sealed after one row.
  expect(all.database.rows.map(({ records }) => records.length)).toEqual([22, 9]);
  expect(all.database.seals.map(({ records }) => records.length)).toEqual([27]);
});

test("what is replayed equals what was appended, cell by cell", async () => {
  const all = setup();
  const stale = Float64Array.of(0, 7);
  setStaleAt(bitsOf(stale), 0);
  for (let k = 0; k < 100; k++) {
    const values = k === 40 ? stale : Float64Array.of(k, k / 100);
    appendRow(all, T0 + k * 1000, values);
    if (k % 30 === 0) await all.log.committed();
  }
  await all.log.committed();
  const again = replayed(all.database);
  expect(again.tables.rowCount(again.tableOfKey("t"))).toBe(100);
  expect(again.maxTime).toBe(T0 + 99_000);
  const { sealedRows } = all.head.tables;
  expect([...again.tables.sealedRows]).toEqual([...sealedRows]);
});

test("a full disk keeps changes pending, tells who waits, and heals", async () => {
  const all = setup();
  all.database.isFull = true;
  appendRow(all, T0, Float64Array.of(1, 2));
  await expect(all.log.committed()).rejects.toThrow(StorageError);
  expect(errorText(all.log.failure)).toContain(
    "read-only: committing to head.db failed: database or disk is full",
  );
  expect(all.log.refusal).toBeUndefined();
  for (let second = 0; second < 2; second++) {
    all.clock.advance(1000);
    await settled();
  }
  expect(all.log.counts.commitFailures).toBeGreaterThan(2);
  all.database.isFull = false;
  all.clock.advance(1000);
  await settled();
  expect(all.log.failure).toBeUndefined();
  expect(replayed(all.database).maxTime).toBe(T0);
  const told = all.lines.filter((line) => line.includes("full") || line.includes("again"));
  expect(told).toHaveLength(2);
});

test("changes are refused once too many are held back", async () => {
  const all = setup();
  all.database.isFull = true;
  let rows = 0;
  while (all.log.refusal === undefined) {
    appendRow(all, T0 + rows, Float64Array.of(Math.sin(rows), 1));
    rows++;
    await expect(all.log.committed()).rejects.toThrow("committing");
  }
  expect(rows).toBeGreaterThan(20);
  expect(all.log.refusal).toBeInstanceOf(ReadOnlyError);
});

test("a start reads no row that lies in a seal, and a table that lags behind is sealed early", async () => {
  const all = setup();
  const idle = all.head.tableOfKey("idle");
  all.head.columnOf(idle, all.head.series(labelsFromRecord({ __name__: "idle" })));
  all.head.appendRow({ table: idle, time: T0, bits: bitsOf(Float64Array.of(1)), cells: { from: 0, to: 1 } });
  const table = all.head.tableOfKey("wide");
  for (let c = 0; c < 500; c++) {
    all.head.columnOf(table, all.head.series(labelsFromRecord({ __name__: "wide", c: String(c) })));
  }
  const row = (time: number): void => {
    const values = Float64Array.from({ length: 500 }, (_, c) => Math.sin(time + c));
    all.head.appendRow({ table, time, bits: bitsOf(values), cells: { from: 0, to: 500 } });
  };
  for (let k = 0; k < 500; k++) {
    row(T0 + k * 1000);
    await all.log.committed();
  }
  expect(all.head.tables.openRows[idle]).toBe(0);
  all.head.appendRow({
    table: idle,
    time: T0 + 500_000,
    bits: bitsOf(Float64Array.of(2)),
    cells: { from: 0, to: 1 },
  });
  await all.log.committed();
  const floors = new Map<number, number>();
  for (const { records, windowStart } of all.database.seals) {
    findFloors(records, windowStart, ({ window, blob }) => floors.set(window, blob));
  }
  const [[window, blob]] = [...floors] as [[number, number]];
  expect(window).toBe(all.database.rows[0]!.windowStart);
  expect(blob).toBeGreaterThan(400);
  const cut = new MemorySink();
  cut.definitions = all.database.definitions;
  cut.seals.push(...all.database.seals);
  cut.rows.push(...all.database.rows.slice(blob - 1));
  const again = replayed(cut, true);
  for (const id of [idle, table]) {
    expect(again.tables.rowCount(id)).toBe(all.head.tables.rowCount(id));
    expect(again.tables.sealedRows[id]).toBe(all.head.tables.sealedRows[id]);
    expect(again.tables.lastTimes[id]).toBe(all.head.tables.lastTimes[id]);
  }
});

test("a log of the first version, with seals among the rows, is read as it was", async () => {
  const all = setup();
  for (let k = 0; k < 100; k++) {
    appendRow(all, T0 + k * 1000, Float64Array.of(k, k / 100));
    await all.log.committed();
  }
  const { rows, seals, definitions } = all.database;
  // Each seal stood before the row that caused it, without a list of histograms.
  const old: MemorySink["rows"] = [];
  let next = 0;
  for (const { windowStart, records } of rows) {
    const isCause = (records[0]! & 4) !== 0;
    const seal = isCause ? Buffer.from(seals[next++]!.records) : Buffer.alloc(0);
    const length = seal.length - 4;
    const legacy = isCause ? [Buffer.of(16, seal[1]!, length), seal.subarray(3, 3 + length)] : [];
    old.push({ windowStart, records: Buffer.concat([...legacy, records]) });
  }
  expect(next).toBe(seals.length);
  const head = new Head({ blockRangeMs: RANGE_MS });
  for (const blob of definitions) new DefinitionReader(head).read(blob);
  const replay = new RowReplay(head);
  const spans: number[] = [];
  for (const { records, windowStart } of old) {
    findSeals(records, windowStart, (table, span) => {
      replay.noteSeal(table, span);
      spans.push(span.first);
    });
  }
  expect(spans).toHaveLength(seals.length);
  replay.startWindow(false);
  for (const { records, windowStart } of old) replay.replay(records, windowStart);
  expect(replay.rowsLost).toBe(0);
  const table = head.tableOfKey("t");
  expect(head.tables.rowCount(table)).toBe(100);
  expect([...head.tables.sealedRows]).toEqual([...all.head.tables.sealedRows]);
});
