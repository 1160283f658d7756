import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCommand } from "../../../../src/cli/index.ts";
import { STORE_TOOLS } from "../../../../src/store-tools.ts";

let folder = "";
let file = "";
let data = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "narthex-openmetrics-"));
  file = join(folder, "in.om");
  data = join(folder, "data");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

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

const T0 = 1_700_000_000;

function fill(...lines: string[]): void {
  writeFileSync(file, `${lines.join("\n")}\n`);
}

const dumped = async (): Promise<string[]> =>
  (await run("tsdb", "dump", data)).out.split("\n").filter((line) => line !== "");

test("a file becomes blocks of two hours, listed as promtool lists them", async () => {
  const lines = ["# HELP demo A demo", "# TYPE demo counter"];
  for (let i = 0; i < 2; i++) {
    for (let k = 0; k < 200; k++) lines.push(`demo_total{i="${i}"} ${k} ${T0 + k * 60}`);
  }
  fill(...lines, "# EOF");
  const { code, out, err } = await run("tsdb", "create-blocks-from", "openmetrics", file, data);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out.replaceAll(/ \d+$/gm, " SIZE").split("\n")).toEqual([
    "BLOCK ULID                  MIN TIME       MAX TIME       DURATION     NUM SAMPLES  NUM CHUNKS   NUM SERIES   SIZE",
    expect.stringMatching(
      /^\w{26} {2}1700000000000 {2}1700006360001 {2}1h46m0.001s {2}214 {10}2 {12}2 {12}SIZE$/,
    ),
    expect.stringMatching(
      /^\w{26} {2}1700006420000 {2}1700011940001 {2}1h32m0.001s {2}186 {10}2 {12}2 {12}SIZE$/,
    ),
    "",
  ]);
  const samples = await dumped();
  expect(samples).toHaveLength(400);
  expect(samples[0]).toBe('{__name__="demo_total", i="0"} 0 1700000000000');
});

test("blocks may be longer, carry labels, and not be listed", async () => {
  fill(`a 1 ${T0}`, `a{l="file"} 2 ${T0 + 3 * 3600}`, "# EOF");
  const words = ["--quiet", "--label=l=option", "--label=m=x=y", "--max-block-duration=1d"];
  expect(await run("tsdb", "import-openmetrics", file, data, ...words)).toEqual({
    code: 0,
    out: "",
    err: "",
  });
  expect(readdirSync(join(data, "blocks"))).toHaveLength(1);
  expect(await dumped()).toEqual([
    '{__name__="a", l="option", m="x=y"} 1 1700000000000',
    '{__name__="a", l="option", m="x=y"} 2 1700010800000',
  ]);
});

test("samples may be out of order, and of two at one time the first stays", async () => {
  fill(
    `a 3 ${T0 + 3}`,
    `a 1 ${T0 + 1}`,
    `b{x="1",y="2"} 5 ${T0}`,
    `a 9 ${T0 + 3}`,
    `b{y="2",x="1"} 6 ${T0 + 1}`,
    "# EOF",
  );
  expect((await run("tsdb", "import-openmetrics", file, data)).code).toBe(0);
  expect(await dumped()).toEqual([
    '{__name__="a"} 1 1700000001000',
    '{__name__="a"} 3 1700000003000',
    '{__name__="b", x="1", y="2"} 5 1700000000000',
    '{__name__="b", x="1", y="2"} 6 1700000001000',
  ]);
});

test.each([
  [["a 1", "# EOF"], "in.om: line 1: expected timestamp for series got none"],
  [["a 1 1", "a 2"], "in.om: "],
  [["a 1 1"], "data does not end with # EOF"],
  [["a 1 1", "b x 1", "# EOF"], "line 2"],
])("%j is refused, and nothing is left behind", async (lines, message) => {
  fill(...lines);
  const { code, out, err } = await run("tsdb", "import-openmetrics", file, data);
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toContain(message);
  expect(readdirSync(data, { recursive: true })).toEqual(["blocks"]);
});

test.each([
  [["/nonexistent.om"], "/nonexistent.om cannot be read: ENOENT"],
  [[], "the file is missing"],
  [["x", "y", "--label=z"], '--label: "z" is not NAME=VALUE'],
  [["x", "y", "--label=__name__=z"], '--label: "__name__" is no name for a label'],
  [["x", "y", "--max-block-duration=long"], '--max-block-duration: "long" is no duration'],
])("%j is refused", async (words, message) => {
  const given = words.map((word) => (word === "y" ? data : word));
  const { code, err } = await run(
    "tsdb",
    "import-openmetrics",
    ...(given.length === 1 ? [...given, data] : given),
  );
  expect(code).toBe(1);
  expect(err).toContain(message);
});

test("an empty file makes no blocks", async () => {
  fill("# EOF");
  expect(await run("tsdb", "import-openmetrics", file, data)).toEqual({ code: 0, out: "", err: "" });
});

test("blocks can be made from nothing else", async () => {
  expect((await run("tsdb", "create-blocks-from", "rules", "x.yml")).err).toContain(
    'blocks can be made from openmetrics, not from "rules"',
  );
});
