import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Skeleton } from "../../../../src/scrape/parse/skeleton.ts";
import { SkeletonInterner } from "../../../../src/scrape/parse/skeleton-interner.ts";
import { TextParser, type ParsedBody } from "../../../../src/scrape/parse/text-parser.ts";
import { readBack } from "./read-back.ts";

function newParser(): TextParser {
  return new TextParser({ interner: new SkeletonInterner(), hashSeed: 3 });
}

function parse(parser: TextParser, body: string | Buffer, hint?: Skeleton): ParsedBody {
  return parser.parse(Buffer.from(body), hint, "openmetrics");
}

// What Prometheus said of these bodies when it scraped them; "" where it took them.
const VERDICTS = JSON.parse(readFileSync(join(import.meta.dirname, "openmetrics-verdicts.json"), "utf8")) as [
  body: string,
  verdict: string,
][];

test.each(VERDICTS)("%j: as Prometheus says, with and without a hint", (body, verdict) => {
  const parser = newParser();
  const alone = parse(parser, body);
  expect(alone.error?.message ?? "").toBe(verdict);
  const { skeleton } = parse(parser, 'a{x="1"} 2\nb 1\n# EOF\n');
  expect(parse(parser, body, skeleton).error?.message ?? "").toBe(verdict);
});

const EXEMPLAR = fc
  .tuple(fc.nat(3), fc.nat(9), fc.nat(2))
  .map(([id, value, time]) => ` # {id="${id}"} ${value}${time === 0 ? "" : ` ${time}.5`}`);
const REST = fc.oneof(
  { weight: 6, arbitrary: fc.constant("") },
  { weight: 2, arbitrary: EXEMPLAR },
  { weight: 1, arbitrary: fc.nat(1e6).map((time) => ` ${time / 100}`) },
  { weight: 1, arbitrary: fc.tuple(fc.nat(1e6), EXEMPLAR).map(([time, exemplar]) => ` ${time}${exemplar}`) },
);
const VALUE = fc.oneof(
  { weight: 5, arbitrary: fc.double().map(String) },
  { weight: 1, arbitrary: fc.constantFrom("NaN", "+Inf", "1e-310", "12345678901234567890") },
);
const LINE = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.nat(20), VALUE, REST)
      .map(([n, value, rest]) => `m_${n}{x="${n}"} ${value}${rest}\n`),
  },
  { weight: 1, arbitrary: fc.nat(5).map((n) => `# TYPE m_${n} histogram\n`) },
  { weight: 1, arbitrary: fc.nat(5).map((n) => `# HELP m_${n} Number ${n}.\n`) },
  { weight: 1, arbitrary: fc.constantFrom('h{le="1"} 1\n', "# c\n", "a 1 \n") },
);
const LINES = fc.array(LINE, { maxLength: 30 });
/** Numbers anew, or a line dropped, or one put in. */
const EDIT = fc.record({ at: fc.nat(), drop: fc.nat(3), line: fc.option(LINE) });

function edited(
  lines: readonly string[],
  edits: readonly { at: number; drop: number; line: string | null }[],
): string {
  const kept = [...lines];
  for (const { at, drop, line } of edits) {
    kept.splice(at % (kept.length + 1), drop, ...(line === null ? [] : [line]));
  }
  return `${kept.join("")}# EOF\n`;
}

function outcome(result: ParsedBody): unknown {
  const exemplars = result.exemplars.map(({ slot, labels, value, time }) => [slot, ...labels, value, time]);
  // Types of known texts follow the hint, as in Prometheus's cache.
  const samples = readBack(result).map((text) => text.replaceAll(/le="1(\.0)?"/g, "le"));
  const error = result.error?.message;
  return error === undefined ? { samples, exemplars } : { samples, error };
}

test("a body parsed against any other body's skeleton gives what it gives alone", () => {
  const parser = newParser();
  const property = fc.property(LINES, fc.array(EDIT, { maxLength: 3 }), (lines, edits) => {
    const { skeleton } = parse(parser, edited(lines, []));
    const body = edited(lines, edits);
    const alone = outcome(parse(parser, body));
    expect(outcome(parse(parser, body, skeleton))).toEqual(alone);
  });
  fc.assert(property, { numRuns: 3000 });
});

test("numbers, times and exemplars are no part of the skeleton", () => {
  const parser = newParser();
  const first = parse(parser, 'a 1\nb 2 5.5\nc 3 # {x="1"} 2\n# EOF\n');
  expect(first.changed).toBe(true);
  const second = parse(parser, 'a 10 # {y="2"} 7 9\nb 20 6.25\nc 3\n# EOF\n', first.skeleton);
  expect(second.changed).toBe(false);
  expect(readBack(second)).toEqual(["a 10", "b 20 @6250", "c 3"]);
  expect(second.exemplars).toEqual([{ slot: 0, labels: ["__name__", "", "y", "2"], value: 7, time: 9000 }]);
});

test.each(["a 1 5.5\nb 2 5.5\n# EOF\n", "a 1\nb 2\n# EOF\n", "a 1 7\nb 2\n# EOF\n"])(
  "a time that comes or goes is a change: %j",
  (body) => {
    const parser = newParser();
    const { skeleton } = parse(parser, "a 1\nb 2 5.5\n# EOF\n");
    expect(parse(parser, body, skeleton).changed).toBe(true);
  },
);

test("a skeleton of the other format is no hint", () => {
  const parser = newParser();
  const text = parser.parse(Buffer.from("a 1\n# EOF\n"), undefined);
  const open = parse(parser, "a 1\n# EOF\n", text.skeleton);
  expect(open.changed).toBe(true);
  expect(open.skeleton).not.toBe(text.skeleton);
});

test("a body parsed in steps gives what it gives at once", () => {
  const lines = Array.from({ length: 10_000 }, (_, i) => `a{n="${i % 9000}"} ${i} # {id="${i}"} 1\n`);
  for (const end of ["# EOF\n", "b x\n"]) {
    const body = Buffer.from(lines.join("") + end);
    const steps = newParser().parseInSteps(body, "openmetrics");
    let count = 0;
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) count++;
    expect(count).toBe(2);
    expect(outcome(step.value)).toEqual(outcome(parse(newParser(), body)));
  }
});
