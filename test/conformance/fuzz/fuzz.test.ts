import { existsSync } from "node:fs";
import { afterAll, expect, it } from "vitest";
import { peerBinary } from "../../support/server-process.ts";
import { metricsOf, readDataset } from "./dataset.ts";
import { openOurs } from "./ours.ts";
import { DATASET, openReference } from "./reference.ts";
import { runFuzz } from "./run.ts";

// Some hundred generated queries against the real server; compare.ts asks as many as one likes.

const QUERIES = 600;
const isPresent = existsSync(DATASET) && peerBinary("prometheus") !== undefined;
if (!isPresent) {
  console.warn("generated queries are skipped: needs ../shared/conformance and a prometheus in PEERS_BIN");
}

const closers: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closers) await close();
});

it.skipIf(!isPresent)(
  `answers ${QUERIES} generated queries as Prometheus does`,
  async () => {
    const dataset = readDataset(DATASET);
    const startMs = Math.min(...dataset.map(({ times }) => times[0]!));
    const endMs = Math.max(...dataset.map(({ times }) => times.at(-1)!));
    const ours = await openOurs(dataset, endMs);
    closers.push(() => ours.store.close());
    const reference = await openReference();
    closers.push(() => reference.server.remove());
    const report = await runFuzz({
      source: { metrics: metricsOf(dataset), startMs, endMs },
      reference: reference.ask,
      ours: ours.ask,
      seed: 20_261_101,
      from: 0,
      count: QUERIES,
      isMinimised: false,
    });
    const differences = report.unexplained.map(({ query, finding }) => ({ ...query, ...finding }));
    expect(differences).toEqual([]);
    // Most queries have to mean something for the comparison to.
    expect(report.asked - report.errors - report.empty).toBeGreaterThan(QUERIES / 4);
  },
  60_000,
);
