import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Skeleton } from "../../../../src/scrape/parse/skeleton.ts";
import { SkeletonInterner } from "../../../../src/scrape/parse/skeleton-interner.ts";
import { TextParser, type ParsedBody } from "../../../../src/scrape/parse/text-parser.ts";
import { sameBytes } from "../../../../src/scrape/parse/text.kernel.ts";
import { readBack } from "./read-back.ts";

// The reference twin of the kernel is the scanner: a parse without a hint compares nothing.

const NUMBER = fc.oneof(
  fc.double().map(String),
  fc.integer().map(String),
  fc.constantFrom("NaN", "+Inf", "-Infinity", "1e-310", "0.5e1", "5.", "-0", "12345678901234567890"),
);
const LINE = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(fc.nat(30), NUMBER).map(([n, value]) => `metric_${n}{x="${n}"} ${value}\n`),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat(8), NUMBER, fc.nat()).map(([n, v, t]) => `timed{n="${n}"} ${v} ${t}\n`),
  },
  { weight: 2, arbitrary: fc.nat(5).map((n) => `# TYPE metric_${n} histogram\n`) },
  { weight: 1, arbitrary: fc.nat(5).map((n) => `# HELP metric_${n} Number ${n}.\n`) },
  { weight: 1, arbitrary: fc.constantFrom("\n", "# c\n", "  \n", 'le{le="1"} 1\n', 'a { b="c" , } 2 \n') },
);
const LINES = fc.array(LINE, { maxLength: 40 });

/** One way of changing a body, from nothing to breaking it. */
const EDIT = fc.oneof(
  fc.record({ kind: fc.constant("drop" as const), at: fc.nat(), count: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ kind: fc.constant("insert" as const), at: fc.nat(), line: LINE }),
  fc.record({ kind: fc.constant("move" as const), at: fc.nat(), to: fc.nat() }),
  fc.record({ kind: fc.constant("byte" as const), at: fc.nat(), value: fc.nat(255) }),
  fc.record({ kind: fc.constant("cut" as const), at: fc.nat() }),
);
type Edit = typeof EDIT extends fc.Arbitrary<infer Value> ? Value : never;

function edited(lines: readonly string[], edits: readonly Edit[]): Buffer {
  const kept = [...lines];
  for (const edit of edits) {
    const at = edit.at % (kept.length + 1);
    if (edit.kind === "drop") kept.splice(at, edit.count);
    if (edit.kind === "insert") kept.splice(at, 0, edit.line);
    if (edit.kind === "move") kept.splice(edit.to % (kept.length + 1), 0, ...kept.splice(at, 1));
  }
  let body = Buffer.from(kept.join(""));
  for (const edit of edits) {
    if (body.length === 0) break;
    if (edit.kind === "byte") body[edit.at % body.length] = edit.value;
    if (edit.kind === "cut") body = body.subarray(0, edit.at % body.length);
  }
  return body;
}

// Types of known texts follow the hint, as in Prometheus's cache, so they are left out of comparisons.
function blank(text: string): string {
  return text.replaceAll(/le="1(\.0)?"/g, "le");
}

function outcome(
  parser: TextParser,
  body: Buffer,
  hint: Skeleton | undefined,
): { samples: string[]; error: string | undefined } {
  const result = parser.parse(body, hint);
  return { samples: readBack(result), error: result.error?.message };
}

test("a body parsed against any other body's skeleton gives what it gives alone", () => {
  const parser = new TextParser({ interner: new SkeletonInterner(), hashSeed: 3 });
  const property = fc.property(LINES, fc.array(EDIT, { maxLength: 4 }), (lines, edits) => {
    const before = parser.parse(Buffer.from(lines.join("")), undefined);
    expect(before.error).toBeUndefined();
    const { skeleton } = before;
    const body = edited(lines, edits);
    const alone = outcome(parser, body, undefined);
    const hinted = outcome(parser, body, skeleton);
    expect(hinted.error).toBe(alone.error);
    expect(hinted.samples.map(blank)).toEqual(alone.samples.map(blank));
  });
  fc.assert(property, { numRuns: 5000 });
});

/** Name and labels of each sample. */
function textsOf(body: ParsedBody): string[] {
  return readBack(body).map((sample) => blank(sample).split(" ")[0]!);
}

test("origins name the slot of the hint that has the same text, or the earlier slot that has", () => {
  const parser = new TextParser({ interner: new SkeletonInterner(), hashSeed: 3 });
  const property = fc.property(LINES, fc.array(EDIT, { maxLength: 4 }), (lines, edits) => {
    const before = parser.parse(Buffer.from(lines.join("")), undefined);
    const known = textsOf(before);
    const result = parser.parse(edited(lines, edits), before.skeleton);
    const texts = textsOf(result);
    const expected = texts.map((text, slot) => {
      const earlier = texts.indexOf(text);
      return earlier < slot ? -2 - earlier : known.indexOf(text);
    });
    // An unchanged skeleton stands for origins 0, 1, 2 …, with repeats as they were.
    const plain = texts.map((text, slot) => (texts.indexOf(text) < slot ? -2 - texts.indexOf(text) : slot));
    const origins = result.changed ? [...result.origins.subarray(0, result.slotCount)] : plain;
    expect(origins).toEqual(expected);
  });
  fc.assert(property, { numRuns: 3000 });
});

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

test("bytes compare equal only when each is", () => {
  // Text bytes: nothing that could make a NaN pattern, which would count as different, and no NUL.
  const text = fc.array(fc.integer({ min: 1, max: 0xef }), { minLength: 1, maxLength: 40 });
  const property = fc.property(
    text,
    fc.nat(60),
    fc.integer({ min: 1, max: 0xef }),
    fc.nat(9),
    (list, at, byte, shift) => {
      const bytes = Uint8Array.from(list);
      const other = new Uint8Array(bytes.length + shift);
      other.set(bytes, shift);
      if (at < bytes.length) other[at + shift] = byte;
      const equal = at >= bytes.length || bytes[at] === byte;
      expect(sameBytes(other, viewOf(other), shift, bytes, viewOf(bytes), 0, bytes.length)).toBe(equal);
    },
  );
  fc.assert(property, { numRuns: 5000 });
});
