import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { labelsFromRecord, millis } from "../../../src/model/index.ts";
import { HandClock, T0, testStore } from "./model.ts";

const HOUR = 3_600_000;
const BLOCK = 2 * HOUR;

test("blocks cut from the head are described, by the start of their range", async () => {
  const directory = mkdtempSync(join(tmpdir(), "narthex-blocks-"));
  const clock = new HandClock(T0);
  const store = await testStore({ directory, clock });
  const table = store.openTable("t");
  table.column(labelsFromRecord({ __name__: "up" }));
  const start = Math.ceil(T0 / BLOCK) * BLOCK;
  for (let time = start; time <= start + 6 * HOUR; time += HOUR / 4) {
    clock.time = time;
    table.append({ time: millis(time), values: Float64Array.of(1) });
  }
  expect(store.blocks()).toEqual([]);
  await store.maintain();
  const described = { level: 1, series: 1, samples: { float: 8, histogram: 0 } };
  expect(store.blocks()).toEqual([
    { ...described, from: start, to: start + BLOCK, generation: expect.any(Number) },
    { ...described, from: start + BLOCK, to: start + 2 * BLOCK, generation: expect.any(Number) },
  ]);
  await store.close();
  rmSync(directory, { recursive: true, force: true });
});
