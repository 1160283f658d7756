import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { labelsFromRecord, millis } from "../../../src/model/index.ts";
import { createSeriesSamples, type Store } from "../../../src/storage/index.ts";
import { HandClock, T0, testStore } from "./model.ts";

const BLOCK_MS = 1_200_000;

function readAll(store: Store, from: number, to: number): { samples: number; warnings: readonly string[] } {
  const selection = store.select({ matchers: [], from: millis(from), to: millis(to) });
  const into = createSeriesSamples();
  let samples = 0;
  for (let i = 0; i < selection.seriesCount; i++) {
    selection.read(i, into);
    samples += into.count;
  }
  const warnings = selection.warnings?.() ?? [];
  selection.close();
  return { samples, warnings };
}

test("queries over the range of a block that cannot be read get a warning, others none", async () => {
  const directory = mkdtempSync(join(tmpdir(), "narthex-warnings-"));
  const clock = new HandClock(T0);
  const options = { directory, clock, blockRangeMs: BLOCK_MS };
  try {
    let store = await testStore(options);
    const table = store.openTable("t");
    table.column(labelsFromRecord({ __name__: "up" }));
    for (let i = 0; i < 100; i++) {
      clock.time = T0 + i * 60_000;
      table.append({ time: millis(clock.time), values: Float64Array.of(i) });
    }
    await store.maintain();
    const end = T0 + 100 * 60_000;
    expect(readAll(store, T0, end)).toEqual({ samples: 100, warnings: [] });
    await store.close();
    const blocks = join(directory, "blocks");
    const [first = ""] = readdirSync(blocks).toSorted();
    const [from, to] = first.split("-").map(Number);
    writeFileSync(join(blocks, first), "rubbish");

    store = await testStore(options);
    const { samples, warnings } = readAll(store, T0, end);
    expect(samples).toBe(100 - Math.ceil((to! - Math.max(from!, T0)) / 60_000));
    const range = `${new Date(from!).toISOString()} to ${new Date(to!).toISOString()}`;
    expect(warnings).toEqual([`samples may be missing: block ${first} (${range}) is damaged`]);
    expect(readAll(store, to!, end).warnings).toEqual([]);
    rmSync(join(blocks, first));
    await store.maintain();
    await store.close();
    store = await testStore(options);
    expect(readAll(store, T0, end)).toEqual({ samples, warnings: [] });
    await store.close();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
