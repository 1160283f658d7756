import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { OpenMetricsReader } from "../../../../src/scrape/index.ts";

interface ReadSample {
  readonly line: number;
  readonly labels: readonly string[];
  readonly value: number;
  readonly time: number | undefined;
}

function read(pieces: readonly Uint8Array[]): { samples: ReadSample[]; error: string } {
  const samples: ReadSample[] = [];
  const reader = new OpenMetricsReader((sample) => {
    const { line, value, time } = sample;
    samples.push({ line, labels: sample.labels(), value, time });
  });
  try {
    for (const piece of pieces) reader.write(piece);
    reader.end();
    return { samples, error: "" };
  } catch (error) {
    return { samples, error: (error as Error).message };
  }
}

// What Prometheus said of these bodies when it scraped them; "" where it took them.
const VERDICTS = JSON.parse(readFileSync(join(import.meta.dirname, "openmetrics-verdicts.json"), "utf8")) as [
  body: string,
  verdict: string,
][];

test.each(VERDICTS)("%j: as Prometheus says", (body, verdict) => {
  const { error } = read([Buffer.from(body)]);
  expect(error.replace(/^line \d+: /, "")).toBe(verdict);
});

const BODY = `# HELP a_seconds Some "help"\\n
# TYPE a_seconds counter
# UNIT a_seconds seconds
a_seconds_total{x="1",y="ü\\n\\"\\\\"} 1.5 1700000000.1234 # {trace_id="abc"} 0.5 1.5
a_seconds_created 17e8
# TYPE h histogram
h_bucket{le="1"} 2 # {} 7
h_bucket{le="+Inf"} 3
{"a.b","c d"="e"} NaN -1.5
b -Inf
# EOF
`;

const EXPECTED: ReadSample[] = [
  {
    line: 4,
    labels: ["__name__", "a_seconds_total", "x", "1", "y", 'ü\n"\\'],
    value: 1.5,
    time: 1700000000123,
  },
  { line: 5, labels: ["__name__", "a_seconds_created"], value: 17e8, time: undefined },
  { line: 7, labels: ["__name__", "h_bucket", "le", "1.0"], value: 2, time: undefined },
  { line: 8, labels: ["__name__", "h_bucket", "le", "+Inf"], value: 3, time: undefined },
  { line: 9, labels: ["__name__", "a.b", "c d", "e"], value: Number.NaN, time: -1500 },
  { line: 10, labels: ["__name__", "b"], value: -Infinity, time: undefined },
];

describe("pieces of any size give the same samples", () => {
  const bytes = Buffer.from(BODY);

  test.each([1, 2, 7, 64, bytes.length])("of %i bytes", (size) => {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
    expect(read(pieces)).toEqual({ samples: EXPECTED, error: "" });
  });

  test("in two, cut anywhere", () => {
    for (let at = 0; at <= bytes.length; at++) {
      const { samples, error } = read([bytes.subarray(0, at), bytes.subarray(at)]);
      expect({ count: samples.length, error }).toEqual({ count: EXPECTED.length, error: "" });
    }
  });
});

test("a piece may be used again after the call", () => {
  const lines: string[] = [];
  const reader = new OpenMetricsReader(({ text }) => lines.push(text));
  const piece = Buffer.from("first 1\nsec");
  reader.write(piece);
  piece.fill(120);
  reader.write(Buffer.from("ond 2\n# EOF\n"));
  reader.end();
  expect(lines).toEqual(["first", "second"]);
});

test("a line without end is refused before it fills the memory", () => {
  const piece = new Uint8Array(1024 * 1024).fill(97);
  expect(read([Buffer.from("a 1\n"), piece, piece, piece]).error).toBe("line 2: longer than 2101248 bytes");
});

test("names and labels that are too long are refused", () => {
  const body = `a{x="${"y".repeat(1_100_000)}"} 1\n# EOF\n`;
  expect(read([Buffer.from(body)]).error).toMatch(
    /^line 1: name and labels of a sample take \d+ bytes, limit: 1048576/,
  );
});

test("an error names its line", () => {
  expect(read([Buffer.from("a 1\nb 2\n"), Buffer.from("c x\n# EOF\n")]).error).toMatch(/^line 3: strconv/);
  expect(read([Buffer.from("a 1\n# EOF\n"), Buffer.from("b 2\n")]).error).toBe(
    "line 3: unexpected data after # EOF",
  );
});
