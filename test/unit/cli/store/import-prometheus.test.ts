import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCommand } from "../../../../src/cli/index.ts";
import { STORE_TOOLS } from "../../../../src/store-tools.ts";

const FIXTURE = resolve(import.meta.dirname, "../../../conformance/prometheus-data");
const BLOCK = "01M85KG1ETH08WFY0X1YTW4VSQ";

let folder = "";
let source = "";
let target = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "narthex-moving-"));
  source = join(folder, "prometheus");
  target = join(folder, "data");
  cpSync(join(FIXTURE, "server"), source, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(words: readonly string[], isTerminal = false): Promise<Outcome> {
  let out = "";
  let err = "";
  let now = 0;
  const code = await runCommand(
    words,
    {
      stdout: (text) => (out += text),
      stderr: (text) => (err += text),
      now: () => (now += 1000),
      columns: 80,
      colours: false,
      isTerminal,
    },
    STORE_TOOLS,
  );
  return { code, out, err };
}

const importInto = (...words: string[]): Promise<Outcome> =>
  run(["tsdb", "import-prometheus", source, `--storage.tsdb.path=${target}`, ...words]);

const lines = (text: string): string[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .toSorted();

async function dumped(): Promise<string[]> {
  return lines((await run(["tsdb", "dump", target])).out);
}

function flip(path: string, offset: number): void {
  const bytes = readFileSync(path);
  bytes[offset]! ^= 4;
  writeFileSync(path, bytes);
}

test("every sample of a real data directory is taken over", async () => {
  expect(await importInto()).toEqual({
    code: 0,
    out: `392 samples in 3 blocks, from 2023-11-15T00:00:00Z to 2023-11-15T04:05:00Z, are in ${target} now\n`,
    err: "",
  });
  expect(await dumped()).toEqual(lines(readFileSync(join(FIXTURE, "samples.txt"), "utf8")));
  expect(await run(["tsdb", "verify", target])).toMatchObject({ code: 0, err: "" });
});

test("without the head only blocks are taken over", async () => {
  expect((await importInto("--no-head")).out).toMatch(/^187 samples in 1 block, /);
});

test("on a terminal it tells how far it is, on one line that goes away", async () => {
  const words = ["tsdb", "import-prometheus", source, `--storage.tsdb.path=${target}`];
  const { err } = await run(words, true);
  expect(err).toMatch(/^\rblock 1 of 1: \d+ %, 0 samples before it/);
  expect(err).toMatch(/\r {10,}\r$/);
  rmSync(target, { recursive: true });
  expect((await importInto("--progress")).err).toMatch(/^(block|log).*\n$/m);
});

test.each([
  ["the index", "index", 40, `index is damaged at byte 5: the checksum differs`],
  ["a series", "index", 250, `index is damaged at byte `],
  ["the magic of the index", "index", 0, "index is damaged at byte 0: it is no index"],
  ["the table at the index's end", "index", 1130, "index is damaged at byte 1100: the checksum differs"],
  ["a chunk", "chunks/000001", 100, "chunks/000001 is damaged at byte 98: the checksum of the chunk differs"],
  ["the chunks' version", "chunks/000001", 4, "chunks/000001 is damaged at byte 0: version 5, known is 1"],
  ["a tombstone", "tombstones", 10, "tombstones is damaged at byte 0: the checksum differs"],
  ["meta.json", "meta.json", 0, "meta.json cannot be read"],
])("damage of %s is named, and nothing is left behind", async (_, file, offset, message) => {
  flip(join(source, BLOCK, file), offset);
  const { code, out, err } = await importInto();
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toContain(message);
  const left = readdirSync(folder).includes("data") ? readdirSync(target, { recursive: true }) : ["blocks"];
  expect(left).toEqual(["blocks"]);
});

test("a missing file of chunks is named", async () => {
  rmSync(join(source, BLOCK, "chunks/000001"));
  expect((await importInto()).err).toContain("there is no file 1 of chunks, of which the index tells");
});

test("damage in the log costs the rest of its file and is told", async () => {
  flip(join(source, "wal/00000000"), 14_000);
  const { code, err, out } = await importInto();
  expect(code).toBe(0);
  expect(err).toMatch(
    /^warning: .*wal\/00000000 is damaged at byte \d+: the checksum of a record differs; the rest /,
  );
  const samples = Number(/^\d+/.exec(out)![0]);
  expect(samples).toBeGreaterThan(187);
  expect(samples).toBeLessThan(392);
  const known = new Set(lines(readFileSync(join(FIXTURE, "samples.txt"), "utf8")));
  // Deletions that were lost with the rest are no damage that could be seen.
  const extra = (await dumped()).filter((line) => !known.has(line) && !line.includes('"deleted"'));
  expect(extra).toEqual([]);
});

test("a record that the writer did not end is no damage", async () => {
  rmSync(join(source, "wal/00000001"));
  truncateSync(join(source, "wal/00000000"), 14_001);
  expect(await importInto()).toMatchObject({ code: 0, err: "" });
});

test("a block from which another was made is left out", async () => {
  const merged = "01M85KG1ETH08WFY0X1YTW4VSR";
  cpSync(join(source, BLOCK), join(source, merged), { recursive: true });
  const meta = JSON.parse(readFileSync(join(source, BLOCK, "meta.json"), "utf8"));
  const compaction = { level: 2, parents: [{ ulid: BLOCK }] };
  writeFileSync(join(source, merged, "meta.json"), JSON.stringify({ ...meta, ulid: merged, compaction }));
  expect((await importInto()).out).toMatch(/^392 samples in 3 blocks, /);
});

test.each([
  [[], "the directory of Prometheus is missing; see narthex tsdb --help"],
  [["x", "y"], 'unexpected "y"; see narthex tsdb --help'],
  [["/nonexistent"], "there is no directory /nonexistent"],
  [["/usr/lib"], "/usr/lib is no data directory of Prometheus: it has neither blocks nor a folder wal, but "],
  [
    ["data/", "--storage.tsdb.path=data"],
    "--storage.tsdb.path: data is the directory of Prometheus; give one of our own",
  ],
  [["data", "--wrong"], "Unknown option '--wrong'"],
] as const)("%j is refused", async (words, message) => {
  const { code, err } = await run(["tsdb", "import-prometheus", ...words]);
  expect(code).toBe(1);
  expect(err).toContain(message);
});

test("an empty log is no history", async () => {
  rmSync(source, { recursive: true });
  mkdirSync(join(source, "wal"), { recursive: true });
  expect(await importInto()).toEqual({ code: 0, out: "there were no samples to take over\n", err: "" });
});
