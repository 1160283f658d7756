import { copyFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { labelsFromRecord, labelsKey, millis } from "../../../src/model/index.ts";
import type { Store } from "../../../src/storage/index.ts";
import { batchOf, HandClock, readAll, T0, testStore } from "./model.ts";

const MUTATIONS = Number(process.env["NARTHEX_PROPERTY_RUNS"] ?? 40);

/** A store with a block, rows in the log of two windows, many commits, killed so that there is a WAL too. */
async function fill(directory: string, clock: HandClock): Promise<void> {
  const store = await testStore({ directory, clock, blockRangeMs: 600_000 });
  const table = store.openTable("t");
  for (let c = 0; c < 200; c++) table.column(labelsFromRecord({ __name__: `m${c % 20}`, c: String(c) }));
  for (let row = 0; row < 120; row++) {
    clock.time = T0 + row * 15_000;
    const values = Float64Array.from({ length: 200 }, (_, c) =>
      c % 3 === 0 ? Math.sin(row * 200 + c) : row * c,
    );
    table.append({ time: millis(clock.time), values });
    if (row % 3 === 0) {
      await store.appendBatch(
        [batchOf({ __name__: "pushed", row: String(row) }, [[clock.time, row]])],
        "partial",
      );
    }
    if (row === 60) await store.maintain();
  }
  await store.appendBatch([batchOf({ __name__: "last" }, [[clock.time, 1]])], "partial");
  // As they are while the store runs: head.db with what lies in the WAL.
  for (const file of readdirSync(directory)) {
    if (file.startsWith("head.db")) copyFileSync(join(directory, file), join(directory, `kept-${file}`));
  }
  await store.close();
  for (const file of readdirSync(directory)) {
    if (file.startsWith("kept-"))
      copyFileSync(join(directory, file), join(directory, file.slice("kept-".length)));
    if (file.startsWith("kept-")) rmSync(join(directory, file));
  }
}

function samplesOf(store: Store): Map<string, Map<number, string>> {
  return new Map(readAll(store).map(({ labels, points }) => [labelsKey(labels), new Map(points)]));
}

let state = 1;
function random(below: number): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

/** Flips a bit, zeroes a page, cuts the file, swaps or copies pages. */
function mutilate(bytes: Buffer): Buffer {
  const page = 4096;
  const pages = Math.floor(bytes.length / page);
  const at = random(pages) * page;
  const other = random(pages) * page;
  switch (random(5)) {
    case 0:
      bytes[random(bytes.length)]! ^= 1 << random(8);
      return bytes;
    case 1:
      return bytes.fill(0, at, at + page);
    case 2:
      return bytes.subarray(0, random(bytes.length));
    case 3:
      bytes.copy(bytes, at, other, other + page);
      return bytes;
    default: {
      const kept = Buffer.from(bytes.subarray(at, at + page));
      bytes.copy(bytes, at, other, other + page);
      kept.copy(bytes, other);
      return bytes;
    }
  }
}

test("whatever happens to head.db, the store opens, and all that it still has is right", async () => {
  const origin = mkdtempSync(join(tmpdir(), "narthex-mutilation-"));
  const clock = new HandClock(T0);
  try {
    const sound = join(origin, "sound");
    await fill(sound, clock);
    const whole = join(origin, "whole");
    cpSync(sound, whole, { recursive: true });
    const store = await testStore({ directory: whole, clock, blockRangeMs: 600_000 });
    const expected = samplesOf(store);
    await store.close();
    expect([...expected.values()].reduce((total, points) => total + points.size, 0)).toBe(200 * 120 + 41);
    let kept = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      const directory = join(origin, `${i}`);
      cpSync(sound, directory, { recursive: true });
      const files = readdirSync(directory).filter((file) => file === "head.db" || file === "head.db-wal");
      const file = join(directory, files[random(files.length)]!);
      writeFileSync(file, mutilate(readFileSync(file)));
      const damaged = await testStore({ directory, clock, blockRangeMs: 600_000 });
      for (const [key, points] of samplesOf(damaged)) {
        for (const [time, bits] of points) {
          expect(bits).toBe(expected.get(key)?.get(time));
          kept++;
        }
      }
      const outcome = await damaged.appendBatch(
        [batchOf({ __name__: "new" }, [[clock.time + 1, 1]])],
        "partial",
      );
      expect(outcome.appended).toBe(1);
      await damaged.close();
      rmSync(directory, { recursive: true });
    }
    expect(kept).toBeGreaterThan(MUTATIONS * 24_041 * 0.5);
  } finally {
    rmSync(origin, { recursive: true, force: true });
  }
}, 120_000);
