import { expect, test } from "vitest";
import { FetchError } from "../../../src/net/index.ts";
import { withoutSynthetic } from "./fake-store.ts";
import { job, oneTarget, type Bench, type Reply } from "./setup.ts";

const INTERVAL_MS = 10_000;

/** Scrapes the given replies one after the other; gives the samples of each row, synthetic series left out. */
async function scrapes(bench: Bench, replies: readonly Reply[]): Promise<Record<string, number | string>[]> {
  const before = bench.store.tables.size === 0 ? 0 : bench.store.table.rows.length;
  for (const reply of replies) {
    bench.answer(reply);
    await bench.clock.advance(INTERVAL_MS);
  }
  return bench.store.table.rows.slice(before).map(({ cells }) => withoutSynthetic(cells));
}

const FAILED: readonly (readonly [string, Reply, string])[] = [
  [
    "a refused connection",
    new FetchError("transport", 'Get "http://h:1/metrics": dial tcp: refused'),
    'Get "http://h:1/metrics": dial tcp: refused',
  ],
  [
    "a status that is not 200",
    { status: 404, statusText: "Not Found" },
    "server returned HTTP status 404 Not Found",
  ],
  ["a wrong body", "a 1\nb x\n", 'strconv.ParseFloat: parsing "x": invalid syntax while parsing: "b x"'],
];

test("a scrape is stored with its synthetic series and shown as up", async () => {
  const bench = oneTarget(["extra_scrape_metrics: true", "sample_limit: 100"]);
  expect(bench.target()).toMatchObject({ health: "unknown", lastScrapeMs: undefined, lastError: "" });
  await scrapes(bench, ['a 1\nb{x="y"} 2\n']);
  const [row] = bench.store.table.rows;
  expect(row!.cells).toEqual({
    a: 1,
    'b{x="y"}': 2,
    up: 1,
    scrape_duration_seconds: 0,
    scrape_samples_scraped: 2,
    scrape_samples_post_metric_relabeling: 2,
    scrape_series_added: 2,
    scrape_timeout_seconds: 10,
    scrape_sample_limit: 100,
    scrape_body_size_bytes: 15,
  });
  expect(bench.target()).toMatchObject({ health: "up", lastError: "", lastScrapeMs: row!.time, note: "" });
});

test.each(FAILED)("%s ends all series and leaves up at 0", async (_, reply, message) => {
  const bench = oneTarget();
  const rows = await scrapes(bench, ["c 1\nd 2\n", reply, reply, "c 3\nd 4\n"]);
  expect(rows).toEqual([{ c: 1, d: 2 }, { c: "stale", d: "stale" }, {}, { c: 3, d: 4 }]);
  expect(bench.store.table.rows.map(({ cells }) => cells["up"])).toEqual([1, 0, 0, 1]);
  bench.answer(reply);
  await bench.clock.advance(INTERVAL_MS);
  expect(bench.target()).toMatchObject({ health: "down", lastError: message });
});

test("an empty body is a success without samples", async () => {
  const bench = oneTarget();
  const rows = await scrapes(bench, ["a 1\n", { body: Buffer.alloc(0), contentType: "text/html" }]);
  expect(rows).toEqual([{ a: 1 }, { a: "stale" }]);
  expect(bench.target().health).toBe("up");
});

test("a series that goes is marked once, one that comes back has values again", async () => {
  const bench = oneTarget();
  const rows = await scrapes(bench, ["a 1\nb 1\nc 1\n", "a 2\nc 2\n", "a 3\nc 3\n", "a 4\nb 4\nc 4\n"]);
  expect(rows).toEqual([
    { a: 1, b: 1, c: 1 },
    { a: 2, b: "stale", c: 2 },
    { a: 3, c: 3 },
    { a: 4, b: 4, c: 4 },
  ]);
  expect(bench.store.table.rows.map(({ cells }) => cells["scrape_series_added"])).toEqual([3, 0, 0, 1]);
});

test("series that came before the fault of a body are not marked", async () => {
  const bench = oneTarget();
  const rows = await scrapes(bench, ["a 1\nb 1\nc 1\n", "a 2\nb x\n", "a 3\nb x\n", "b 1\n"]);
  expect(rows).toEqual([{ a: 1, b: 1, c: 1 }, { b: "stale", c: "stale" }, {}, { a: "stale", b: 1 }]);
  expect(bench.store.table.rows[1]!.cells).toMatchObject({
    scrape_samples_scraped: 1,
    scrape_samples_post_metric_relabeling: 1,
  });
});

test("a sample with a time of its own keeps it and is never marked", async () => {
  const bench = oneTarget();
  const rows = await scrapes(bench, ["a 1 1000\nb 2\n", "a 1 1000\na 2 2000\n", "b 2\n"]);
  expect(rows).toEqual([{ "a @1000": 1, b: 2 }, { "a @1000": 1, "a @2000": 2, b: "stale" }, { b: 2 }]);
});

test("a series that gets times of its own is marked once", async () => {
  const bench = oneTarget();
  const rows = await scrapes(bench, ["a 1\n", "a 2 2000\n", "a 3 3000\n"]);
  expect(rows).toEqual([{ a: 1 }, { a: "stale", "a @2000": 2 }, { "a @3000": 3 }]);
});

test("track_timestamps_staleness marks series with times of their own", async () => {
  const bench = oneTarget(["track_timestamps_staleness: true"]);
  expect(await scrapes(bench, ["a 1 1000\n", "b 1\n"])).toEqual([{ "a @1000": 1 }, { a: "stale", b: 1 }]);
});

test("honor_timestamps false gives every sample the time of the scrape", async () => {
  const bench = oneTarget(["honor_timestamps: false"]);
  const rows = await scrapes(bench, ["a 1 1000\na 2 2000\nb 1\n", "b 1\n"]);
  expect(rows).toEqual([
    { a: 1, b: 1 },
    { a: "stale", b: 1 },
  ]);
  expect(bench.counters.samplesDuplicate).toBe(1);
});

test("of samples of one series the first is kept, and repeats of the text are counted", async () => {
  const bench = oneTarget();
  const body = 'a 1\na 2\nb{x="1",y="2"} 1\nb{y="2",x="1"} 2\n';
  const rows = await scrapes(bench, [body, body]);
  const cells = { a: 1, 'b{x="1", y="2"}': 1 };
  expect(rows).toEqual([cells, cells]);
  expect(bench.counters.samplesDuplicate).toBe(2);
  expect(bench.store.table.rows[1]!.cells).toMatchObject({
    up: 1,
    scrape_samples_scraped: 4,
    scrape_samples_post_metric_relabeling: 4,
  });
  expect(bench.log.filter((line) => line.includes("not stored"))).toHaveLength(1);
});

test("an exposed series with the name of a synthetic one stands", async () => {
  const bench = oneTarget();
  await scrapes(bench, ["up 5\n", "a 1\n", "a 1\n"]);
  expect(bench.store.table.rows.map(({ cells }) => cells["up"])).toEqual([5, "stale", 1]);
});

test("metric_relabel_configs rename and drop, and what they drop is counted", async () => {
  const bench = oneTarget([
    "metric_relabel_configs:",
    "- {source_labels: [__name__], regex: 'go_.*', action: drop}",
    "- {source_labels: [code], target_label: status}",
    "- {regex: code, action: labeldrop}",
  ]);
  const rows = await scrapes(bench, ['go_x 1\na{code="200"} 2\n', 'go_x 1\na{code="200"} 3\n']);
  expect(rows).toEqual([{ 'a{status="200"}': 2 }, { 'a{status="200"}': 3 }]);
  expect(bench.store.table.rows[1]!.cells).toMatchObject({
    scrape_samples_scraped: 2,
    scrape_samples_post_metric_relabeling: 1,
  });
});

test("sample_limit throws the whole body away and shows the true counts", async () => {
  const bench = oneTarget(["sample_limit: 2"]);
  const rows = await scrapes(bench, ["a 1\nb 1\n", "a 1\nb 1\nc 1\n", "a 1\na 1\na 1\n", "a 1\nb 1\n"]);
  expect(rows).toEqual([{ a: 1, b: 1 }, {}, { a: 1, b: "stale" }, { a: 1, b: 1 }]);
  expect(bench.store.table.rows[1]!.cells).toMatchObject({
    up: 0,
    scrape_samples_scraped: 3,
    scrape_samples_post_metric_relabeling: 3,
  });
  expect(bench.counters.exceededSampleLimit).toBe(1);
  expect(bench.store.table.columns.some((labels) => labels.includes("c"))).toBe(false);
});

test("of a body over sample_limit the series up to the limit are not marked", async () => {
  // As Prometheus 3.5.3 does.
  const bench = oneTarget(["sample_limit: 3"]);
  const abc = "a 1\nb 1\nc 1\n";
  expect(await scrapes(bench, [abc, "a 1\nb 1\nd 1\ne 1\nc 1\n"])).toEqual([
    { a: 1, b: 1, c: 1 },
    { c: "stale" },
  ]);
  expect(bench.store.table.rows[1]!.cells["scrape_series_added"]).toBe(1);
  expect(await scrapes(bench, [abc, "x 1\ny 1\nz 1\na 1\nb 1\n"])).toEqual([
    { a: 1, b: 1, c: 1 },
    { a: "stale", b: "stale", c: "stale" },
  ]);
});

test("a lowered sample_limit fails bodies that are known, too", async () => {
  const bench = oneTarget();
  const body = "a 1\nb 1\nc 1\n";
  await scrapes(bench, [body]);
  bench.apply(job("j", ["sample_limit: 2"]));
  expect(await scrapes(bench, [body, body])).toEqual([{ c: "stale" }, {}]);
  expect(bench.target().lastError).toBe("sample limit exceeded");
});

test("sample_limit counts what relabelling leaves", async () => {
  const drop = "- {source_labels: [__name__], regex: 'x.*', action: drop}";
  const bench = oneTarget(["sample_limit: 1", "metric_relabel_configs:", drop]);
  expect(await scrapes(bench, ["a 1\nx 1\ny 1\n", "a 1\nx 1\n"])).toEqual([{}, { a: 1 }]);
  expect(bench.target().health).toBe("up");
});

test("a label limit fails the scrape at the first sample over it", async () => {
  const bench = oneTarget(["label_limit: 3"]);
  expect(await scrapes(bench, ['a 1\nb 2\nc{x="1"} 3\nd 4\n'])).toEqual([{}]);
  expect(bench.target().lastError).toBe("label_limit exceeded (metric: c, number of labels: 4, limit: 3)");
  expect(bench.store.table.rows[0]!.cells).toMatchObject({
    scrape_samples_scraped: 3,
    scrape_samples_post_metric_relabeling: 2,
  });
  expect(bench.counters.exceededLabelLimits).toBe(1);
});

test("a body as long as body_size_limit is too long", async () => {
  const bench = oneTarget(["body_size_limit: 12B", "extra_scrape_metrics: true"]);
  bench.answer("a 1\nb 2\nc 3\n");
  await bench.clock.advance(INTERVAL_MS);
  expect(bench.requests[0]!.maxBodyBytes).toBe(11);
  expect(bench.target().lastError).toBe("body size limit exceeded");
  expect(bench.store.table.rows[0]!.cells["scrape_body_size_bytes"]).toBe(-1);
  bench.answer(new FetchError("body-limit", "body size limit exceeded"));
  await bench.clock.advance(INTERVAL_MS);
  expect(bench.counters.exceededBodySizeLimit).toBe(2);
});

test("without body_size_limit the built-in limit names itself", async () => {
  const bench = oneTarget([], { bodyBytesMax: 1000 });
  bench.answer(new FetchError("body-limit", "body size limit exceeded"));
  await bench.clock.advance(INTERVAL_MS);
  expect(bench.requests[0]!.maxBodyBytes).toBe(1000);
  expect(bench.target().lastError).toBe(
    "body size limit exceeded (no body_size_limit is set, built-in limit: 1000 bytes)",
  );
});

test("a missing Content-Type is read as text with a note, unless strict", async () => {
  const lenient = oneTarget();
  lenient.answer({ contentType: "", body: Buffer.from("a 1\n") });
  await lenient.clock.advance(INTERVAL_MS);
  expect(lenient.target()).toMatchObject({ health: "up", note: "no Content-Type: read as Prometheus text" });
  expect(lenient.counters.assumedText).toBe(1);
  const strict = oneTarget([], { strictContentType: true });
  strict.answer({ contentType: "", body: Buffer.from("a 1\n") });
  await strict.clock.advance(INTERVAL_MS);
  expect(strict.target()).toMatchObject({
    health: "down",
    lastError:
      "non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target",
  });
});

test("series that the store refuses are counted and tried again", async () => {
  const bench = oneTarget();
  bench.store.seriesMax = 2;
  const body = "a 1\nb 2\nc 3\n";
  expect(await scrapes(bench, [body, body])).toEqual([
    { a: 1, b: 2 },
    { a: 1, b: 2 },
  ]);
  expect(bench.counters.seriesRefused).toBe(2);
  expect(bench.target()).toMatchObject({
    health: "up",
    note: expect.stringMatching(/^samples of 1 new series were dropped, .*--storage\.head\.max-series\)$/),
  });
  bench.store.seriesMax = 100;
  expect(await scrapes(bench, [body, "a 1\nc 3\n"])).toEqual([
    { a: 1, b: 2, c: 3 },
    { a: 1, b: "stale", c: 3 },
  ]);
  expect(bench.counters.seriesRefused).toBe(2);
  expect(bench.target().note).toBe("");
});

test("a refused series is asked for again when the body changes", async () => {
  const bench = oneTarget();
  bench.store.seriesMax = 2;
  expect(await scrapes(bench, ["a 1\nb 2\nc 3\n"])).toEqual([{ a: 1, b: 2 }]);
  bench.store.seriesMax = 100;
  expect(await scrapes(bench, ["a 1\nb 2\nc 3\nd 4\n"])).toEqual([{ a: 1, b: 2, c: 3, d: 4 }]);
});

test("the log gets changes of state, not each failure", async () => {
  const bench = oneTarget();
  await scrapes(bench, ["a 1\n", { status: 500 }, { status: 500 }, { status: 503 }, "a 1\n", "a 1\n"]);
  expect(bench.log.map((line) => /msg=("[^"]*"|\S+)/.exec(line)![1])).toEqual([
    '"scrape failed"',
    '"target is scraped again"',
  ]);
});

test("scrape_failure_log_file gets every failed request and no parse errors", async () => {
  const bench = oneTarget(["scrape_failure_log_file: failures.json"]);
  await scrapes(bench, [{ status: 500, statusText: "Internal Server Error" }, "a x\n"]);
  expect(bench.failureLog.map((line) => JSON.parse(line))).toEqual([
    {
      time: new Date(bench.store.table.rows[0]!.time).toISOString(),
      level: "ERROR",
      msg: "server returned HTTP status 500 Internal Server Error",
      job_name: "j",
      target: "http://h:1/metrics",
    },
  ]);
});

test("a reload reopens scrape_failure_log_file, changed job or not", async () => {
  const line = "scrape_failure_log_file: failures.json";
  const bench = oneTarget([line]);
  bench.apply(job("j", [line]));
  expect(bench.failureLog).toEqual(["failures.json closed"]);
  await scrapes(bench, [{ status: 500 }]);
  bench.apply(job("j", [line, "honor_labels: true"]));
  await scrapes(bench, [{ status: 500 }]);
  expect(bench.failureLog.map((entry) => entry.slice(0, 6))).toEqual([
    "failur",
    '{"time',
    "failur",
    '{"time',
  ]);
});

test("what the store refuses is counted by reason", async () => {
  const bench = oneTarget();
  await scrapes(bench, ["a 1\n"]);
  bench.store.table.outcome = { outOfOrder: 1, duplicates: 2, outOfBounds: 3, tooOld: 4 };
  await scrapes(bench, ["a 1\n"]);
  expect(bench.counters).toMatchObject({
    samplesOutOfOrder: 5,
    samplesDuplicate: 2,
    samplesOutOfBounds: 3,
  });
});

test("a store that throws leaves the loop running", async () => {
  const bench = oneTarget();
  await scrapes(bench, ["a 1\n"]);
  const { table } = bench.store;
  const append = table.append.bind(table);
  table.append = () => {
    throw new Error("disk on fire");
  };
  await bench.clock.advance(INTERVAL_MS);
  expect(bench.target()).toMatchObject({ health: "down", lastError: "disk on fire" });
  table.append = append;
  expect(await scrapes(bench, ["a 2\n"])).toEqual([{ a: 2 }]);
});

test("requests carry Prometheus's headers and the job's deadline", async () => {
  const bench = oneTarget(["scrape_timeout: 2500ms"]);
  await bench.clock.advance(INTERVAL_MS);
  expect(bench.requests[0]).toMatchObject({
    deadlineMs: 2500,
    headers: {
      accept:
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
      "accept-encoding": "gzip",
      "user-agent": "Prometheus/3.14.0",
      "x-prometheus-scrape-timeout-seconds": "2.5",
    },
  });
});

test("metadata come from the comments and outlive them by ten scrapes", async () => {
  const bench = oneTarget();
  await scrapes(bench, [
    '# HELP a Of \\\\ a\\n.\n# TYPE a counter\na 1\n# HELP "b c" x\n',
    "# TYPE d gauge\na 1\n",
  ]);
  const metadata = (): unknown[] => bench.manager.targets.metadata(bench.target().key);
  const a = { metric: "a", type: "counter", help: "Of \\ a\n.", unit: "" };
  const bc = { metric: "b c", type: "unknown", help: "x", unit: "" };
  const d = { metric: "d", type: "gauge", help: "", unit: "" };
  expect(metadata()).toEqual([d, a, bc]);
  expect(bench.manager.targets.metadata(bench.target().key, "a")).toEqual([a]);
  expect(bench.manager.targets.metadataEntries()).toEqual(new Map([["j", 1]]));
  for (let scrape = 0; scrape < 10; scrape++) await bench.clock.advance(INTERVAL_MS);
  expect(metadata()).toEqual([d, a, bc]);
  await bench.clock.advance(INTERVAL_MS);
  expect(metadata()).toEqual([d]);
});

test("a target whose series come and go lets the store have their columns again", async () => {
  const bench = oneTarget();
  const series = 600;
  const body = (generation: number): string =>
    `stays ${generation}\n${Array.from({ length: series }, (_, i) => `pod{g="${generation}",i="${i}"} ${i}\n`).join("")}`;
  const rows = await scrapes(bench, [0, 1, 2, 3, 4].map(body));
  // The fourth body brings the columns asked for to 2,401, over twice the 601 that are there and 1,024 more.
  expect([bench.store.table.openCount, bench.store.table.closeCount]).toEqual([2, 1]);
  for (const [generation, row] of rows.entries()) {
    expect(row["stays"]).toBe(generation);
    expect(row[`pod{g="${generation}", i="599"}`]).toBe(599);
    expect(row[`pod{g="${generation - 1}", i="599"}`]).toBe(generation === 0 ? undefined : "stale");
    expect(Object.keys(row)).toHaveLength(1 + series * (generation === 0 ? 1 : 2));
  }
  expect(await scrapes(bench, ["stays 9\n"])).toMatchObject([{ stays: 9, 'pod{g="4", i="0"}': "stale" }]);
});

test("a body that fails each time adds its series once, and none when it no longer fails", async () => {
  const bench = oneTarget();
  await scrapes(bench, ["a 1\nb 2\nc x\n", "a 1\nb 2\nc x\n", "a 1\nd 2\nc x\n", "a 1\nd 2\ne 1\n"]);
  expect(bench.store.table.rows.map(({ cells }) => cells["scrape_series_added"])).toEqual([2, 0, 1, 1]);
});
