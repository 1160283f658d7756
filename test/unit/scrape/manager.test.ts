import { expect, test } from "vitest";
import { labelsText, labelValue } from "../../../src/model/index.ts";
import { withoutSynthetic, type FakeTable } from "./fake-store.ts";
import { bench, group, job, type Bench } from "./setup.ts";

const INTERVAL_MS = 10_000;

function running(entries: string, addresses: readonly string[] = ["h:1"]): Bench {
  const made = bench();
  made.answer("a 1\nb 2\n");
  made.apply(entries);
  made.manager.updateTargets("j", [group(addresses)]);
  return made;
}

function samplesOf(table: FakeTable): Record<string, number | string>[] {
  return table.rows.map(({ cells }) => withoutSynthetic(cells));
}

function tablesOf(made: Bench): FakeTable[] {
  return [...made.store.tables.values()];
}

function urlsOf(made: Bench): string[] {
  return made.manager.targets.active().map(({ scrapeUrl }) => scrapeUrl);
}

test("targets are scraped once an interval, each at its own phase", async () => {
  const made = running(job("j"), ["h:1", "h:2", "h:3"]);
  await made.clock.advance(2 * INTERVAL_MS);
  const urls = made.requests.map(({ url }) => url.text);
  expect(urls.toSorted()).toEqual(
    ["h:1", "h:1", "h:2", "h:2", "h:3", "h:3"].map((address) => `http://${address}/metrics`),
  );
  expect(new Set(tablesOf(made).map(({ rows }) => rows[0]!.time)).size).toBe(3);
});

test("targets may come before their job", async () => {
  const made = bench();
  made.manager.updateTargets("j", [group(["h:1"])]);
  made.apply(job("j"));
  expect(urlsOf(made)).toEqual(["http://h:1/metrics"]);
});

test("equal targets of several groups are one", () => {
  const made = bench();
  made.apply(job("j"));
  made.manager.updateTargets("j", [group(["h:1", "h:1"]), group(["h:1"]), group(["h:1"], { env: "x" })]);
  expect(made.manager.targets.active().map(({ labels }) => labelsText(labels))).toEqual([
    '{instance="h:1", job="j"}',
    '{env="x", instance="h:1", job="j"}',
  ]);
});

test("targets that differ in internal labels only are scraped side by side", async () => {
  const made = bench();
  made.answer("a 1\n");
  made.apply(job("j"));
  made.manager.updateTargets("j", [group(["h:1"], { __x: "1" }), group(["h:1"], { __x: "2" })]);
  await made.clock.advance(INTERVAL_MS);
  expect(tablesOf(made).map(({ rows }) => rows.length)).toEqual([1, 1]);
  made.manager.updateTargets("j", []);
  await made.clock.advance(3 * INTERVAL_MS);
  expect(tablesOf(made).map((table) => samplesOf(table).at(-1))).toEqual([{ a: "stale" }, { a: "stale" }]);
});

test("an update leaves the loops of targets that stay alone", async () => {
  const made = running(job("j"));
  await made.clock.advance(INTERVAL_MS);
  made.manager.updateTargets("j", [group(["h:1", "h:2"])]);
  await made.clock.advance(INTERVAL_MS);
  const [first] = tablesOf(made);
  expect(first!.openCount).toBe(1);
  expect(first!.rows.map(({ cells }) => cells["scrape_series_added"])).toEqual([2, 0]);
});

test("a target that stays shows the labels discovery gives it today", async () => {
  const made = bench();
  made.apply(job("j"));
  made.manager.updateTargets("j", [group(["h:1"], { __meta_node: "a" })]);
  await made.clock.advance(INTERVAL_MS);
  made.manager.updateTargets("j", [group(["h:1"], { __meta_node: "b" })]);
  expect(labelValue(made.target().discoveredLabels, "__meta_node")).toBe("b");
  expect(made.target().health).toBe("up");
});

test("the series of a target that goes are marked as of its next tick, synthetic ones too", async () => {
  const made = running(job("j"));
  await made.clock.advance(INTERVAL_MS);
  const { table } = made.store;
  const lastTime = table.rows[0]!.time;
  made.manager.updateTargets("j", []);
  expect(urlsOf(made)).toEqual([]);
  await made.clock.advance(INTERVAL_MS);
  expect(table.rows).toHaveLength(1);
  await made.clock.advance(1.2 * INTERVAL_MS);
  expect(table.rows).toHaveLength(2);
  expect(table.rows[1]).toMatchObject({
    time: lastTime + INTERVAL_MS,
    cells: {
      a: "stale",
      b: "stale",
      up: "stale",
      scrape_duration_seconds: "stale",
      scrape_samples_scraped: "stale",
      scrape_samples_post_metric_relabeling: "stale",
      scrape_series_added: "stale",
    },
  });
  expect(table.closeCount).toBe(1);
});

test("a target that comes back in time gets markers only for what it lost", async () => {
  const made = running(job("j"));
  await made.clock.advance(INTERVAL_MS);
  made.manager.updateTargets("j", []);
  await made.clock.advance(INTERVAL_MS / 2);
  made.answer("a 3\n");
  made.manager.updateTargets("j", [group(["h:1"])]);
  await made.clock.advance(4 * INTERVAL_MS);
  const [, second, third] = samplesOf(made.store.table);
  expect([second, third]).toEqual([{ a: 3, b: "stale" }, { a: 3 }]);
  expect(made.store.table.rows.every(({ cells }) => cells["up"] === 1)).toBe(true);
});

test("a job that goes ends without markers", async () => {
  const made = running(job("j"));
  await made.clock.advance(INTERVAL_MS);
  made.apply(job("other"));
  await made.clock.advance(5 * INTERVAL_MS);
  expect(samplesOf(made.store.table)).toEqual([{ a: 1, b: 2 }]);
  expect(made.store.table.closeCount).toBe(1);
  expect(made.clientsClosed).toEqual(["j"]);
  expect(made.manager.targets.pools()).toEqual(["other"]);
});

test("stopping ends without markers and closes everything", async () => {
  const made = running(job("j"));
  await made.clock.advance(INTERVAL_MS);
  made.manager.updateTargets("j", [group(["h:2"])]);
  await made.manager.stop();
  await made.clock.advance(5 * INTERVAL_MS);
  expect(tablesOf(made).map(({ rows }) => rows.length)).toEqual([1, 0]);
  expect(tablesOf(made).map(({ closeCount }) => closeCount)).toEqual([1, 1]);
  expect(made.clock.pending).toBe(0);
});

test("an equal configuration restarts nothing", async () => {
  const made = running(job("j"));
  await made.clock.advance(INTERVAL_MS);
  made.apply(job("j"));
  expect(made.clientsClosed).toEqual([]);
  await made.clock.advance(INTERVAL_MS);
  expect(made.store.table.rows).toHaveLength(2);
});

test("a change of interval keeps the series and writes no markers", async () => {
  const made = running(job("j"));
  await made.clock.advance(INTERVAL_MS);
  made.apply(job("j", ["scrape_interval: 5s"]));
  await made.clock.advance(4 * INTERVAL_MS);
  const { rows } = made.store.table;
  expect(rows.length).toBeGreaterThan(7);
  expect(rows[1]!.cells["scrape_series_added"]).toBe(0);
  expect(samplesOf(made.store.table).every((cells) => cells["a"] === 1 && cells["b"] === 2)).toBe(true);
  expect(made.clientsClosed).toEqual(["j"]);
});

test("a change of what samples mean looks at every series anew and marks what it no longer writes", async () => {
  const made = running(job("j"));
  await made.clock.advance(INTERVAL_MS);
  const drop = "- {source_labels: [__name__], regex: b, action: drop}";
  made.apply(job("j", ["metric_relabel_configs:", drop]));
  await made.clock.advance(2 * INTERVAL_MS);
  expect(samplesOf(made.store.table)).toEqual([{ a: 1, b: 2 }, { a: 1, b: "stale" }, { a: 1 }]);
  expect(made.store.table.rows[1]!.cells["scrape_series_added"]).toBe(1);
});

test("a change of relabel_configs alone leaves loops of unchanged targets alone", async () => {
  const made = running(job("j"), ["h:1", "h:2"]);
  await made.clock.advance(INTERVAL_MS);
  made.apply(job("j", ["relabel_configs:", "- {source_labels: [__address__], regex: 'h:2', action: drop}"]));
  expect(made.clientsClosed).toEqual([]);
  expect(urlsOf(made)).toEqual(["http://h:1/metrics"]);
  expect(made.manager.targets.droppedCounts()).toEqual(new Map([["j", 1]]));
});

test("keep_dropped_targets bounds the list, not the count", () => {
  const made = bench();
  const drop = ["keep_dropped_targets: 2", "relabel_configs:", "- {regex: '.*', action: drop}"];
  made.apply(job("j", drop));
  made.manager.updateTargets("j", [group(["h:1", "h:2", "h:3"])]);
  expect(made.manager.targets.dropped()).toHaveLength(2);
  expect(made.manager.targets.dropped()[0]).toMatchObject({ scrapePool: "j" });
  expect(made.manager.targets.droppedCounts()).toEqual(new Map([["j", 3]]));
});

test("more targets than target_limit fail without a request", async () => {
  const made = running(job("j", ["target_limit: 2"]), ["h:1", "h:2"]);
  await made.clock.advance(INTERVAL_MS);
  made.manager.updateTargets("j", [group(["h:1", "h:2", "h:3"])]);
  const requests = made.requests.length;
  await made.clock.advance(INTERVAL_MS);
  expect(made.requests).toHaveLength(requests);
  const errors = new Set(made.manager.targets.active().map(({ lastError }) => lastError));
  expect(errors).toEqual(new Set(["target_limit exceeded (number of targets: 3, limit: 2)"]));
  const [first] = tablesOf(made);
  expect(first!.rows[1]!.cells).toMatchObject({ a: "stale", b: "stale", up: 0 });
  expect(made.counters.exceededTargetLimit).toBe(1);
  made.manager.updateTargets("j", [group(["h:1"])]);
  await made.clock.advance(INTERVAL_MS);
  expect(samplesOf(first!).at(-1)).toEqual({ a: 1, b: 2 });
});

test("refused targets are counted and logged once", () => {
  const made = bench();
  made.apply(job("j"));
  const groups = [group(["a/b", "h:1"])];
  made.manager.updateTargets("j", groups);
  made.manager.updateTargets("j", groups);
  expect(urlsOf(made)).toEqual(["http://h:1/metrics"]);
  expect(made.counters.syncFailures.get("j")).toBe(2);
  expect(made.log.filter((line) => line.includes("not a valid hostname"))).toHaveLength(1);
});

test("a request that runs when its target goes is broken off and writes nothing", async () => {
  const made = running(job("j"));
  await made.clock.advance(INTERVAL_MS);
  made.answer(new Promise(() => {}));
  await made.clock.advance(INTERVAL_MS);
  made.manager.updateTargets("j", []);
  await made.clock.advance(0);
  expect(made.requests.at(-1)!.signal?.aborted).toBe(true);
  expect(made.store.table.rows).toHaveLength(1);
});

test("targets are shown by job in the order of names", () => {
  const made = bench();
  made.apply(job("b") + job("a"));
  made.manager.updateTargets("b", [group(["h:1"])]);
  made.manager.updateTargets("a", [group(["h:2"])]);
  expect(made.manager.targets.active()).toMatchObject([
    { scrapePool: "a", scrapeIntervalText: "10s", scrapeTimeoutText: "10s", health: "unknown" },
    { scrapePool: "b" },
  ]);
  expect(made.manager.targets.pools()).toEqual(["a", "b"]);
  expect(made.manager.targets.poolConfig("b")?.jobName).toBe("b");
});

test("a fleet finds its skeleton in the first target that has it", async () => {
  const made = running(job("j"), ["h:1", "h:2", "h:3"]);
  made.answer((url) => `a{from="x"} ${url.length}\nb 2\n`);
  await made.clock.advance(2 * INTERVAL_MS);
  for (const table of tablesOf(made)) {
    expect(table.samples).toEqual({ 'a{from="x"}': 18, b: 2 });
    expect(table.rows.map(({ cells }) => cells["scrape_series_added"])).toEqual([2, 0]);
  }
});
