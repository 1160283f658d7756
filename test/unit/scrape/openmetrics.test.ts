import { expect, test } from "vitest";
import { withoutSynthetic, type WrittenRow } from "./fake-store.ts";
import { oneTarget, type Bench } from "./setup.ts";

const INTERVAL_MS = 10_000;

/** Scrapes the bodies one after the other; gives their rows. */
async function scrape(bench: Bench, bodies: readonly string[]): Promise<WrittenRow[]> {
  for (const body of bodies) {
    bench.answer({ body: Buffer.from(body), contentType: "application/openmetrics-text; version=1.0.0" });
    await bench.clock.advance(INTERVAL_MS);
  }
  return bench.store.table.rows.map((row) => ({ ...row, cells: withoutSynthetic(row.cells) }));
}

test("samples, times and exemplars of an OpenMetrics body are stored", async () => {
  const bench = oneTarget([], { keepsExemplars: true });
  const [row] = await scrape(bench, [
    'a_total 1 # {id="x"} 0.5\nb 2 5.25 # {} 7\nc 3 # {id="y"} 1 6\n# EOF\n',
  ]);
  expect(row).toMatchObject({
    cells: { a_total: 1, "b @5250": 2, c: 3 },
    exemplars: ['a_total {id="x"} 0.5', "b {} 7 @5250", 'c {id="y"} 1 @6000'],
  });
  expect(bench.target()).toMatchObject({ health: "up", lastError: "" });
});

test("exemplars are passed over when the store keeps none", async () => {
  const [row] = await scrape(oneTarget(), ['a_total 1 # {id="x"} 0.5\n# EOF\n']);
  expect(row).toMatchObject({ cells: { a_total: 1 }, exemplars: [] });
});

test("an exemplar of a dropped sample goes with it, one of a sample without honoured time has the row's", async () => {
  const yaml = [
    "honor_timestamps: false",
    "metric_relabel_configs: [{source_labels: [__name__], regex: a, action: drop}]",
  ];
  const bench = oneTarget(yaml, { keepsExemplars: true });
  const [row] = await scrape(bench, ["a 1 # {} 1\nb 2 5 # {} 7\n# EOF\n"]);
  expect(row).toMatchObject({ cells: { b: 2 }, exemplars: ["b {} 7"] });
});

test("a body without end marker fails as a whole", async () => {
  const bench = oneTarget();
  const rows = await scrape(bench, ["a 1\nb 2\n# EOF\n", "a 1\n"]);
  expect(rows[1]!.cells).toEqual({ b: "stale" });
  expect(bench.target()).toMatchObject({ health: "down", lastError: "data does not end with # EOF" });
});

test("metadata of all OpenMetrics types, with units", async () => {
  const types = ["counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset", "unknown"];
  const lines = types.map((type) => `# TYPE m_${type} ${type}\n`);
  const bench = oneTarget();
  await scrape(bench, [`${lines.join("")}# UNIT a_bytes bytes\n# HELP a_bytes Some \\"text\\"\\n.\n# EOF\n`]);
  const metadata = bench.manager.targets.metadata(bench.target().key);
  expect(metadata).toEqual([
    ...types.map((type) => ({ metric: `m_${type}`, type, help: "", unit: "" })),
    { metric: "a_bytes", type: "unknown", help: 'Some "text"\n.', unit: "bytes" },
  ]);
});

test("a target may change its format from scrape to scrape", async () => {
  const bench = oneTarget();
  await scrape(bench, ["a 1\nb 1\n# EOF\n"]);
  bench.answer("a 2\n");
  await bench.clock.advance(INTERVAL_MS);
  expect(bench.store.table.samples).toEqual({ a: 2, b: "stale" });
});

const CREATED = `# TYPE a counter
a_total{x="1"} 5
a_created{x="1"} 1.5
a_total{x="2"} 6
# TYPE h histogram
h_bucket{le="1"} 1
h_bucket{le="+Inf"} 2
h_count 2
h_sum 3
h_created 7
# TYPE g gauge
g_created 9
# EOF
`;

test("lines with start times are samples by default", async () => {
  const [row] = await scrape(oneTarget(), [CREATED]);
  expect(row).toMatchObject({ starts: [], cells: { 'a_created{x="1"}': 1.5, h_created: 7, g_created: 9 } });
});

test("lines with start times become starts where that is on", async () => {
  const bench = oneTarget([], { takesStarts: true });
  const rows = await scrape(bench, [CREATED, CREATED]);
  for (const row of rows) {
    expect(row.cells).toEqual({
      'a_total{x="1"}': 5,
      'a_total{x="2"}': 6,
      'h_bucket{le="1.0"}': 1,
      'h_bucket{le="+Inf"}': 2,
      h_count: 2,
      h_sum: 3,
      g_created: 9,
    });
    expect(row.starts).toEqual([
      'a_total{x="1"} @1500',
      'h_bucket{le="1.0"} @7000',
      'h_bucket{le="+Inf"} @7000',
      "h_count @7000",
      "h_sum @7000",
    ]);
  }
  expect(bench.store.table.rows[1]!.cells).toMatchObject({
    scrape_samples_scraped: 7,
    scrape_series_added: 0,
  });
});

test("a histogram that is made native has the start of its classic one", async () => {
  const bench = oneTarget(["convert_classic_histograms_to_nhcb: true"], { takesStarts: true });
  const [row] = await scrape(bench, [CREATED]);
  expect(row!.starts).toEqual(['a_total{x="1"} @1500', "h @7000"]);
  expect(row!.histograms).toEqual({ h: "{count:2, sum:3, [-Inf,1]:1, (1,+Inf]:1}" });
});
