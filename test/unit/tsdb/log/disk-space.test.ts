import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLogger } from "../../../../src/base/index.ts";
import { DiskSpace } from "../../../../src/tsdb/log/disk-space.ts";
import { HandClock, T0 } from "../model.ts";

const MIB = 2 ** 20;
let path = "";

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), "narthex-space-"));
});

afterEach(() => rmSync(path, { recursive: true, force: true }));

interface Setup {
  readonly clock: HandClock;
  readonly lines: string[];
  readonly space: DiskSpace;
  readonly told: string[];
  free: number;
}

function setup(): Setup {
  const clock = new HandClock(T0);
  const lines: string[] = [];
  const logger = createLogger({
    level: "info",
    format: "logfmt",
    write: (line) => void lines.push(line),
    now: () => 0,
  });
  const all = { clock, lines, told: [] as string[], free: 2 ** 40 } as unknown as Setup;
  const space = new DiskSpace({
    clock,
    logger,
    path,
    minFreeBytes: 100 * MIB,
    freeBytes: async () => all.free,
    onRoom: () => all.told.push("room"),
  });
  space.onShortage = () => void all.told.push("shortage");
  return Object.assign(all, { space });
}

test("below the limit writing stops, above it goes on, with one line for each change", async () => {
  const all = setup();
  await all.space.look();
  expect(all.space.shortage).toBeUndefined();
  all.free = 50 * MIB;
  await all.space.look();
  expect(all.space.shortage?.message).toContain("less than --storage.min-free-disk (104857600)");
  for (let second = 0; second < 3; second++) {
    all.clock.advance(1000);
    await all.space.look();
  }
  all.free = 10_000 * MIB;
  all.clock.advance(1000);
  await all.space.look();
  expect(all.space.shortage).toBeUndefined();
  expect(new Set(all.told.slice(0, -1))).toEqual(new Set(["shortage"]));
  expect(all.told.at(-1)).toBe("room");
  expect(all.lines).toHaveLength(2);
  await all.space.close();
});

test("it looks at most once a second", async () => {
  const all = setup();
  await all.space.look();
  all.free = 0;
  all.space.noteWrite();
  await new Promise((resolve) => setImmediate(resolve));
  expect(all.space.shortage).toBeUndefined();
  all.clock.advance(1000);
  all.space.noteWrite();
  await all.space.look();
  expect(all.space.shortage).toBeDefined();
  await all.space.close();
});

test("a disk that fills up gets a reserve, which is given up when it is needed", async () => {
  const all = setup();
  const reserve = join(path, "reserve");
  await all.space.look();
  expect(existsSync(reserve)).toBe(false);
  all.free = 400 * MIB;
  await all.space.look();
  expect(statSync(reserve).size).toBe(32 * MIB);
  await all.space.giveReserve();
  expect(existsSync(reserve)).toBe(false);
  all.free = 108 * MIB;
  await all.space.look();
  expect(statSync(reserve).size).toBe(2 * MIB);
  await all.space.close();
  expect(existsSync(reserve)).toBe(false);
});
