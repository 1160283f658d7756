import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { portOf } from "../../../examples/docker-course/stub-dns.ts";
import { runCommand } from "../../../src/cli/index.ts";
import { STORE_TOOLS } from "../../../src/store-tools.ts";

let server: Server;
let asked: { path: string; parameters: URLSearchParams }[] = [];
let answer: object = {};

beforeEach(async () => {
  asked = [];
  server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "", "http://h");
    let body = "";
    for await (const chunk of request) body += String(chunk);
    asked.push({ path: url.pathname, parameters: new URLSearchParams(body === "" ? url.search : body) });
    response.statusCode = "error" in answer ? 400 : 200;
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

async function run(...given: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const [kind, ...rest] = given;
  const io = {
    stdout: (text: string) => (out += text),
    stderr: (text: string) => (err += text),
    now: () => 1_700_000_300_000,
    columns: 60,
    colours: false,
    isTerminal: false,
  };
  const words = ["query", kind!, `http://127.0.0.1:${portOf(server)}/`, ...rest];
  const code = await runCommand(words, io, STORE_TOOLS);
  return { code, out, err };
}

const vector = (...values: string[]): object => ({
  status: "success",
  data: {
    resultType: "vector",
    result: values.map((value, index) => ({
      metric: { __name__: "demo_total", i: String(index), zone: "a" },
      value: [1_700_000_060, value],
    })),
  },
});

const MATRIX = {
  status: "success",
  data: {
    resultType: "matrix",
    result: [
      {
        metric: { __name__: "up", job: "a" },
        values: [
          [1_700_000_000, "0"],
          [1_700_000_060.5, "1"],
        ],
      },
      { metric: {}, values: [[1_700_000_000, "+Inf"]] },
    ],
  },
};

test("an instant query prints as promtool does and sends its time", async () => {
  answer = vector("15", "+Inf");
  expect(await run("instant", "demo_total", "--time=1700000060")).toEqual({
    code: 0,
    out: 'demo_total{i="0", zone="a"} => 15 @[1700000060]\ndemo_total{i="1", zone="a"} => +Inf @[1700000060]\n',
    err: "",
  });
  expect([asked[0]!.path, ...asked[0]!.parameters.values()]).toEqual([
    "/api/v1/query",
    "demo_total",
    "1700000060",
  ]);
});

test("a range query takes ages and durations and has promtool's defaults", async () => {
  answer = MATRIX;
  const { out } = await run("range", "up", "--start", "-1h", "--step=1m30s");
  await run("range", "up");
  expect(out).toBe('up{job="a"} =>\n0 @[1700000000]\n1 @[1700000060.5]\n{} =>\n+Inf @[1700000000]\n');
  expect(asked.map(({ parameters }) => Object.fromEntries(parameters))).toEqual([
    { query: "up", start: "1699996700", end: "1700000300", step: "90" },
    { query: "up", start: "1700000000", end: "1700000300", step: "1" },
  ]);
});

test("a table has a column for each label of a vector and for each series of a matrix", async () => {
  answer = vector("15", "7");
  expect((await run("instant", "x", "-o", "table")).out).toBe(
    [
      "metric      i  zone  value",
      "----------  -  ----  -----",
      "demo_total  0  a        15",
      "demo_total  1  a         7",
      "",
    ].join("\n"),
  );
  answer = MATRIX;
  expect((await run("range", "x", "-o", "table")).out).toBe(
    [
      'time                      up{job="a"}  {}',
      "------------------------  -----------  ----",
      "2023-11-14T22:13:20Z                0  +Inf",
      "2023-11-14T22:14:20.500Z            1",
      "",
    ].join("\n"),
  );
});

test("a chart draws bars for a vector and lines for a matrix", async () => {
  answer = vector("10", "5");
  const bars = (await run("instant", "x", "-o", "chart")).out
    .split("\n")
    .map((line) => line.split("█").length - 1);
  expect(bars[0]).toBeGreaterThan(20);
  expect(bars[1]).toBe(Math.round(bars[0]! / 2));
  answer = MATRIX;
  const lines = (await run("range", "x", "-o", "chart")).out.split("\n");
  expect(lines[0]!.startsWith("1 │")).toBe(true);
  expect(lines[13]!.startsWith("0 │⣀")).toBe(true);
  expect(lines).toContain('⣿ up{job="a"}');
});

test("series and label values come one a line", async () => {
  answer = {
    status: "success",
    data: [{ __name__: "up", job: "a" }],
    warnings: ["results truncated due to limit"],
  };
  expect(await run("series", "--match=up", "--match", "down")).toEqual({
    code: 0,
    out: '{__name__="up", job="a"}\n',
    err: "warning: results truncated due to limit\n",
  });
  answer = { status: "success", data: ["a", "b"] };
  expect((await run("labels", "job")).out).toBe("a\nb\n");
  expect([asked[0]!.parameters.getAll("match[]"), asked[1]!.path]).toEqual([
    ["up", "down"],
    "/api/v1/label/job/values",
  ]);
});

test.each([
  ["a server's error", ["instant", "up+"], "query error: bad_data: oops\n"],
  [
    "a wrong time",
    ["instant", "up", "--time=noon"],
    /^query error: --time: "noon" is no time; accepted are .*--help\n$/,
  ],
  ["a wrong step", ["range", "up", "--step=1x"], /^query error: --step: "1x" is no duration/],
  [
    "a wrong output",
    ["instant", "up", "-o", "xml"],
    /^query error: --output: "xml" is unknown; there are promql, table/,
  ],
  ["a missing expression", ["instant"], /^query error: expected server and expression, got 1 arguments/],
  ["an unknown option", ["instant", "up", "--tiem=1"], /^query error: Unknown option '--tiem'/],
])("%s is one line on stderr and exit code 1", async (_what, words, expected) => {
  answer = { status: "error", errorType: "bad_data", error: "oops" };
  const { code, out, err } = await run(...words);
  expect([code, out]).toEqual([1, ""]);
  expect(err).toMatch(expected);
});
