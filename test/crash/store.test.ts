import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { silentLogger, systemClock } from "../../src/base/index.ts";
import { labelValue, METRIC_NAME, millis } from "../../src/model/index.ts";
import { createSeriesSamples } from "../../src/storage/index.ts";
import { openStore } from "../../src/tsdb/index.ts";
import { BLOCK_RANGE_MS, crashValue, SERIES_COUNT } from "./store-values.ts";

const KILLS = 5;
const T0 = 1_700_000_000_000;

/** Runs the writer and kills it after `acknowledgements`; the times it had acknowledged by then. */
async function writeAndKill(directory: string, start: number, acknowledgements: number): Promise<number[]> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "store-writer.ts"), directory, String(start)],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    if (text.split("\n").length > acknowledgements) child.kill("SIGKILL");
  });
  const signal = await new Promise((resolve) => child.once("close", (_code, by) => resolve(by)));
  expect(signal).toBe("SIGKILL");
  return text.split("\n").slice(0, -1).map(Number);
}

async function readStore(directory: string): Promise<Map<string, Map<number, number>>> {
  const store = await openStore({
    directory,
    clock: systemClock,
    logger: silentLogger,
    retentionMs: 0,
    retentionBytes: 0,
    blockRangeMs: BLOCK_RANGE_MS,
  });
  const found = new Map<string, Map<number, number>>();
  const selection = store.select({ matchers: [], from: millis(0), to: millis(2 * T0) });
  const samples = createSeriesSamples();
  for (let i = 0; i < selection.seriesCount; i++) {
    selection.read(i, samples);
    const points = new Map<number, number>();
    for (let k = 0; k < samples.count; k++) points.set(samples.times[k]!, samples.values[k]!);
    found.set(labelValue(selection.labels(i), METRIC_NAME), points);
  }
  selection.close();
  expect(store.stats().cleanStart).toBe(false);
  await store.close();
  return found;
}

test("a kill at any moment loses nothing that was acknowledged and invents nothing", async () => {
  const directory = mkdtempSync(join(tmpdir(), "narthex-crash-"));
  try {
    const acknowledged: number[] = [];
    let start = T0;
    for (let kill = 0; kill < KILLS; kill++) {
      acknowledged.push(...(await writeAndKill(directory, start, 20 + Math.floor(Math.random() * 200))));
      const found = await readStore(directory);
      for (let series = 0; series < SERIES_COUNT; series++) {
        const points = found.get(`pushed_${series}`)!;
        for (const time of acknowledged) expect(points.get(time)).toBe(crashValue(series, time));
        for (const kind of ["pushed", "scraped"]) {
          for (const [time, value] of found.get(`${kind}_${series}`)!) {
            expect(value).toBe(crashValue(series, time));
            start = Math.max(start, time);
          }
        }
      }
    }
    expect(acknowledged.length).toBeGreaterThan(KILLS * 20);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}, 120_000);
