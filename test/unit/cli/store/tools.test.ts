import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommand } from "../../../../src/cli/index.ts";
import { STORE_TOOLS } from "../../../../src/store-tools.ts";
import { durationText } from "../../../../src/cli/store/block-table.ts";

// On the small history of a real Prometheus that import-prometheus.test.ts takes over.
const FIXTURE = resolve(import.meta.dirname, "../../../conformance/prometheus-data/server");

let folder = "";
let data = "";

async function run(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const io = {
    stdout: (text: string) => (out += text),
    stderr: (text: string) => (err += text),
    now: () => 0,
    columns: 80,
    colours: false,
    isTerminal: false,
  };
  return { code: await runCommand(words, io, STORE_TOOLS), out, err };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "narthex-tools-"));
  data = join(folder, "data");
  expect((await run("tsdb", "import-prometheus", FIXTURE, `--storage.tsdb.path=${data}`)).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("blocks are listed as promtool lists them", async () => {
  const { out } = await run("tsdb", "list", data);
  expect(out.replaceAll(/ \d+$/gm, " SIZE").split("\n")).toEqual([
    "BLOCK ULID                  MIN TIME       MAX TIME       DURATION      NUM SAMPLES  NUM CHUNKS   NUM SERIES   SIZE",
    "01HF8B9V8000000000000000Z8  1700006400001  1700013600000  1h59m59.999s  187          8            8            SIZE",
    "01HF8HWDH100000000000000Z9  1700013600000  1700020500001  1h55m0.001s   189          8            8            SIZE",
    "01HF8JEQF100000000000000ZA  1700020800000  1700021100001  5m0.001s      16           8            8            SIZE",
    "",
  ]);
  expect((await run("tsdb", "list", "-r", data)).out).toMatch(
    / 2023-11-15 00:00:00 \+0000 UTC  2023-11-15 02:00:00 \+0000 UTC  1h59m59.999s {2}\d.* \d+KiB$/m,
  );
});

test("a dump can be narrowed by selectors and times", async () => {
  const { out } = await run(
    "tsdb",
    "dump",
    data,
    "--match=counter",
    "--match={__name__=~'counter|odd'}",
    "--min-time=1700006400001",
    "--max-time=1700006700000",
  );
  const labels = 'instance="i:1", job="fed", text="ü \\"q\\"\\\\"}';
  expect(out.split("\n")).toEqual([
    `{__name__="counter", ${labels} 0 1700006400001`,
    `{__name__="counter", ${labels} 7 1700006700000`,
    `{__name__="odd", ${labels} NaN 1700006400001`,
    `{__name__="odd", ${labels} +Inf 1700006700000`,
    "",
  ]);
});

test("a dump as OpenMetrics has no histograms and no staleness markers", async () => {
  const { out } = await run("tsdb", "dump-openmetrics", data, "--max-time=1700008200000");
  const lines = out.split("\n");
  expect(lines[0]).toBe('counter{instance="i:1",job="fed",text="ü \\"q\\"\\\\"} 0 1700006400.001');
  expect(lines.filter((line) => line.startsWith("stale")).length).toBe(6);
  expect(lines.some((line) => line.startsWith("integer"))).toBe(false);
  expect(lines.slice(-2)).toEqual(["# EOF", ""]);
});

test("label sets can be dumped as JSON", async () => {
  const { out } = await run("tsdb", "dump", data, "--format=seriesjson", "--match=odd");
  expect(out).toBe('{"__name__":"odd","instance":"i:1","job":"fed","text":"ü \\"q\\"\\\\"}\n');
});

test("an analysis counts labels of the last block, or of the one that is named", async () => {
  const { out } = await run("tsdb", "analyze", data, "--limit=2");
  expect(out.split("\n")).toEqual([
    "Block ID: 01HF8JEQF100000000000000ZA",
    "Duration: 5m0.001s",
    "Total Series: 8",
    "Label names: 4",
    "Postings (unique label pairs): 11",
    "Postings entries (total label pairs): 32",
    "",
    "Label pairs most involved in churning:",
    "0 __name__=counter",
    "0 __name__=custom",
    "",
    "Label names most involved in churning:",
    "0 __name__",
    "0 instance",
    "",
    "Most common label pairs:",
    "8 instance=i:1",
    "8 job=fed",
    "",
    "Label names with highest cumulative label value length:",
    "45 __name__",
    "7 text",
    "",
    "Highest cardinality labels:",
    "8 __name__",
    "1 instance",
    "",
    "Highest cardinality metric names:",
    "1 counter",
    "1 custom",
    "",
  ]);
  const named = await run(
    "tsdb",
    "analyze",
    data,
    "01HF8B9V8000000000000000Z8",
    "--match=integer",
    "--extended",
  );
  expect(named.out).toContain("Matched series: 1\n");
  expect(named.out).toContain("samples per float series: N/A\n");
  expect(named.out).toContain("samples per histogram series (min/avg/max): 24/24/24\n[24, 24]: 1 ###");
});

test("a backup is whole, and restoring it gives the same", async () => {
  const backup = join(folder, "backup");
  expect(await run("backup", backup, `--storage.tsdb.path=${data}`)).toMatchObject({
    code: 0,
    out: expect.stringMatching(
      /^backup .*\/backup is whole: \d+KiB.*; 3 blocks, \d+ pages, 24 series and 392 samples/,
    ),
  });
  const restored = join(folder, "restored");
  expect((await run("restore", backup, `--storage.tsdb.path=${restored}`)).code).toBe(0);
  expect((await run("tsdb", "dump", restored)).out).toBe((await run("tsdb", "dump", data)).out);
});

test("damage makes verify fail with a line for each", async () => {
  const copy = join(folder, "damaged");
  cpSync(data, copy, { recursive: true });
  const block = readdirSync(join(copy, "blocks"))[0]!;
  cpSync(join(copy, "blocks", block), join(copy, "blocks", "1-2-3.db"));
  const { code, out, err } = await run("tsdb", "verify", copy);
  expect(code).toBe(1);
  expect(err).toMatch(/^damage: blocks\/1-2-3\.db: .*\n$/);
  expect(err).toContain(`it is that of ${block}`);
  expect(out).toMatch(/^DAMAGED: 4 blocks, /);
});

test.each([
  [["tsdb"], 1, "Usage:"],
  [["tsdb", "--help"], 0, "Usage:"],
  ...["import-prometheus", "import-openmetrics", "list", "dump", "dump-openmetrics", "analyze", "verify"].map(
    (name) => [["tsdb", name, "--help"], 0, `narthex tsdb ${name}`] as const,
  ),
  [["backup", "-h"], 0, "narthex backup FOLDER"],
  [["restore", "--help"], 0, "narthex restore FOLDER"],
] as const)("%j explains itself", async (words, code, text) => {
  const { out, ...outcome } = await run(...words);
  expect(outcome).toEqual({ code, err: "" });
  expect(out).toContain(text);
  expect(out.split("\n").every((line) => line.length <= 120)).toBe(true);
});

test.each([
  [
    ["tsdb", "wrong"],
    'tsdb error: unknown command "tsdb wrong"; there are import-prometheus, import-openmetrics, ',
  ],
  [["tsdb", "list", "/nonexistent"], "tsdb error: there is no directory /nonexistent\n"],
  [["tsdb", "dump", FIXTURE], "for one of Prometheus there is narthex tsdb import-prometheus"],
  [["tsdb", "dump", FIXTURE, "--min-time=now"], '--min-time: "now" is no whole number'],
  [["tsdb", "dump", FIXTURE, "--format=xml"], '--format: "xml" is unknown; there are prom and seriesjson'],
  [["tsdb", "analyze", "x", "y", "z"], 'unexpected "z"'],
  [["backup"], "backup error: the folder of the backup is missing; see narthex backup --help"],
  [["restore", "/nonexistent"], "restore error: there is no directory /nonexistent"],
])("%j is refused", async (words, text) => {
  const { code, err } = await run(...words);
  expect(code).toBe(1);
  expect(err).toContain(text);
});

test("an unknown block is refused with the way to the known ones", async () => {
  const { err } = await run("tsdb", "analyze", data, "01ARZ3NDEKTSV4RRFFQ69G5FAV");
  expect(err).toContain(
    `invalid block ID 01ARZ3NDEKTSV4RRFFQ69G5FAV; narthex tsdb list ${data} shows those there are`,
  );
  expect(existsSync(join(data, "head.db"))).toBe(false);
});

test.each([
  [0, "0s"],
  [15, "15ms"],
  [1500, "1.5s"],
  [60_000, "1m0s"],
  [7_200_000, "2h0m0s"],
  [6_360_124, "1h46m0.124s"],
])("%d ms is %s", (ms, text) => {
  expect(durationText(ms)).toBe(text);
});
