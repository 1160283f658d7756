import { expect, test } from "vitest";
import { bitsOf } from "../../../../src/model/index.ts";
import { FRESH, TextParser, type ParsedBody } from "../../../../src/scrape/parse/text-parser.ts";
import { SkeletonInterner } from "../../../../src/scrape/parse/skeleton-interner.ts";
import type { Skeleton } from "../../../../src/scrape/parse/skeleton.ts";
import { readBack } from "./read-back.ts";

function newParser(): TextParser {
  return new TextParser({ interner: new SkeletonInterner(), hashSeed: 7 });
}

function parse(body: string | Buffer, hint?: Skeleton): ParsedBody {
  return newParser().parse(Buffer.from(body), hint);
}

// What Prometheus 3.5.3 says to these bodies, asked over HTTP.
const WRONG: readonly (readonly [string, string])[] = [
  ["# HELP \na 1\n", 'expected metric name after HELP, got "\\n" ("INVALID") while parsing: "# HELP \\n"'],
  ["# HELP 1x t\n", 'expected metric name after HELP, got "1" ("INVALID") while parsing: "# HELP 1"'],
  ["# TYPE \na 1\n", 'expected metric name after TYPE, got "\\n" ("INVALID") while parsing: "# TYPE \\n"'],
  ["# TYPE a\na 1\n", 'invalid metric type ""'],
  ["# TYPE a counter \n", 'invalid metric type "counter "'],
  ["# TYPE a  counter\n", 'invalid metric type " counter"'],
  ["# TYPE a x\0y\n", 'invalid metric type "x\\x00y"'],
  ["a\0b 1\n", 'expected value after metric, got "\\x00" ("INVALID") while parsing: "a\\x00"'],
  ["a 1\u00002\n", 'expected timestamp or new record, got "\\x00" ("INVALID") while parsing: "a 1\\x00"'],
  ['{x="1"} 1\n', 'metric name not set while parsing: "{x=\\"1\\"} 1"'],
  ["{} 1\n", 'metric name not set while parsing: "{} 1"'],
  ['a{"x"} 1\n', 'metric name already set while parsing: "a{\\"x\\"}"'],
  ['{"a","b"} 1\n', 'metric name already set while parsing: "{\\"a\\",\\"b\\"}"'],
  ["a{x,} 1\n", 'metric name already set while parsing: "a{x,"'],
  ['a{,x="1"} 1\n', 'expected label name, got ",x" ("COMMA") while parsing: "a{,x"'],
  ["a{,} 1\n", 'expected label name, got ",}" ("COMMA") while parsing: "a{,}"'],
  ["a{x=1} 1\n", 'expected label value, got "1" ("INVALID") while parsing: "a{x=1"'],
  ['a{x"1"} 1\n', 'expected equal, got "\\"1\\"}" ("QSTRING") while parsing: "a{x\\"1\\"}"'],
  ['a{b:c="1"} 1\n', 'expected equal, got ":" ("INVALID") while parsing: "a{b:"'],
  ['a{x="1} 1\n', 'expected label value, got "\\"1} 1\\n\\n" ("INVALID") while parsing: "a{x=\\"1} 1\\n\\n"'],
  ['a{x="1"\n', 'expected label name, got "\\n" ("INVALID") while parsing: "a{x=\\"1\\"\\n"'],
  [
    'a{x="1\\\n2"} 1\n',
    'expected label value, got "\\"1\\\\\\n" ("INVALID") while parsing: "a{x=\\"1\\\\\\n"',
  ],
  ['a{x="', 'expected label value, got "\\"\\n" ("INVALID") while parsing: "a{x=\\"\\n"'],
  ['a{x="1"}} 1\n', 'strconv.ParseFloat: parsing "}": invalid syntax while parsing: "a{x=\\"1\\"}}"'],
  ['a{x="1"}{ 1\n', 'expected value after metric, got "{ " ("BOPEN") while parsing: "a{x=\\"1\\"}{ "'],
  ['a{x="1"}\n', 'expected value after metric, got "\\n" ("INVALID") while parsing: "a{x=\\"1\\"}\\n"'],
  ["a 1 -5\n", 'expected timestamp or new record, got "-" ("INVALID") while parsing: "a 1 -"'],
  ["a 1 123.5\n", 'expected next entry after timestamp, got "." ("INVALID") while parsing: "a 1 123."'],
  ["a 1 1 2\n", 'expected next entry after timestamp, got "2\\n" ("TIMESTAMP") while parsing: "a 1 1 2\\n"'],
  [
    "a 1 99999999999999999999\n",
    'strconv.ParseInt: parsing "99999999999999999999": value out of range while parsing: "a 1 99999999999999999999"',
  ],
  ['a 1 # {x="1"} 2\n', 'expected timestamp or new record, got "#" ("INVALID") while parsing: "a 1 #"'],
  ["a 1\r\n", 'strconv.ParseFloat: parsing "1\\r": invalid syntax while parsing: "a 1\\r"'],
  ["a 1e500\n", 'strconv.ParseFloat: parsing "1e500": value out of range while parsing: "a 1e500"'],
  ["a 0x10\n", 'strconv.ParseFloat: parsing "0x10": invalid syntax while parsing: "a 0x10"'],
  ["a 1_000\n", 'unsupported character in float while parsing: "a 1_000"'],
  ["a 0x1p3\n", 'unsupported character in float while parsing: "a 0x1p3"'],
  ["a.b 1\n", 'strconv.ParseFloat: parsing ".b": invalid syntax while parsing: "a.b"'],
  ["1a 1\n", 'expected a valid start token, got "1" ("INVALID") while parsing: "1"'],
  ["a", 'expected value after metric, got "\\n" ("INVALID") while parsing: "a\\n"'],
];

test.each(WRONG)("%j is refused in Prometheus's words", (body, message) => {
  expect(parse(body).error?.message).toBe(message);
  // The same after a stretch that matches the hint.
  const before = 'up{x="1"} 17\nload 3\n';
  const hint = parse(`${before}a 1\n`).skeleton;
  const result = parse(before + body, hint);
  expect(result.error?.message).toBe(message);
  expect(result.slotCount).toBe(2);
});

test("bytes that are no UTF-8 are refused in label values and help, and named", () => {
  expect(parse(Buffer.from('a{x="\xff"} 1\n', "latin1")).error?.message).toBe(
    'invalid UTF-8 label value: "\\"\\xff\\""',
  );
  expect(parse(Buffer.from("# HELP a \xff\na 1\n", "latin1")).error?.message).toBe(
    'help text "\\xff" is not a valid utf8 string',
  );
  expect(parse(Buffer.from("# \xff\na 1\n", "latin1")).error).toBeUndefined();
});

const RIGHT: readonly (readonly [string, readonly string[]])[] = [
  ["", []],
  ["\n\n# c\n#x\n# EOF\n# HELP\n#TYPE a b\n", []],
  ["a 1", ["a 1"]],
  ["# HELP a\n# HELP b  \n# HELP c-d e\na 1\n", ["a 1"]],
  ["  # TYPE a counter\n \t a 1\n", ["a 1"]],
  ["a\t1\t5\n", ["a 1 @5"]],
  ["a 1 00001 \n", ["a 1 @1"]],
  ["a 1 9223372036854775807\n", [`a 1 @${Number.MAX_SAFE_INTEGER}`]],
  ['a { x = "1" , y = "2" , } 1 \n', ['a{x="1",y="2"} 1']],
  ['a{x="1" y="2"} 1\n', ['a{x="1",y="2"} 1']],
  ['jvm{area="heap",id="PS Eden Space",} 1.2E7\n', ['jvm{area="heap",id="PS Eden Space"} 12000000']],
  ["a{} 1\n", ["a 1"]],
  ['a{x=""} 1\n', ['a{x=""} 1']],
  ['{"foo"} 1\n', ["foo 1"]],
  ['{x="1","foo"} 1\n', ['foo{x="1"} 1']],
  ['{"a\\nb"} 1\n', ["a\nb 1"]],
  ['a{"x\\\\y"="1"} 1\n', ['a{x\\y="1"} 1']],
  ['a{x="1\\"2\\\\3\\n4\\t5"} 1\n', ['a{x="1\\"2\\\\3\\n4\\\\t5"} 1']],
  ['a{x="1\n2"} 1\n', ['a{x="1\\n2"} 1']],
  ['a{x="1\u00002"} 1\n', ['a{x="1\\x002"} 1']],
  ["a 1\n\0b 2\n", ["a 1"]],
  ["a nan\nb -infinity\nc +Inf\nd iNf\n", ["a NaN", "b -Infinity", "c Infinity", "d Infinity"]],
  ["a 123456789012345678901234567890\n", ["a 1.2345678901234568e+29"]],
  ["a 1e-500\n", ["a 0"]],
  ["a +5\n", ["a 5"]],
  [
    '# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="2.50"} 2\nh_bucket{le="+Inf"} 3\n# TYPE s summary\n' +
      's{quantile="0.50",le="1"} 4\n# TYPE g gauge\ng{quantile="1",le="1"} 5\n',
    [
      'h_bucket{le="1.0"} 1',
      'h_bucket{le="2.5"} 2',
      'h_bucket{le="+Inf"} 3',
      's{quantile="0.5",le="1"} 4',
      'g{quantile="1",le="1"} 5',
    ],
  ],
];

test.each(RIGHT)("%j is read", (body, expected) => {
  expect(readBack(parse(body))).toEqual(expected);
});

test("NaNs are stored as the ordinary NaN, whichever way they are read", () => {
  const { values } = parse("a NaN\nb nan\n");
  expect([...bitsOf(values).subarray(0, 4)]).toEqual([1, 0x7ff80000, 1, 0x7ff80000]);
});

test("a body that differs in numbers only keeps the skeleton, NaN and infinities included", () => {
  const parser = newParser();
  const hint = parser.parse(Buffer.from("a 1\nb 2 1000\nc 3\n"), undefined).skeleton;
  const next = parser.parse(Buffer.from("a NaN\nb 17.5 2000\nc 1e3\n"), hint);
  expect(next.changed).toBe(false);
  expect(next.skeleton).toBe(hint);
  expect(readBack(next)).toEqual(["a NaN", "b 17.5 @2000", "c 1000"]);
  const odd = parser.parse(Buffer.from("a +Inf\nb 1e-300 2000\nc 1\n"), hint);
  expect(readBack(odd)).toEqual(["a Infinity", "b 1e-300 @2000", "c 1"]);
});

test("targets with equal skeletons share one", () => {
  const parser = newParser();
  const first = parser.parse(Buffer.from("a 1\nb 2\n"), undefined).skeleton;
  expect(parser.parse(Buffer.from("a 3\nb 4\n"), undefined).skeleton).toBe(first);
  expect(parser.parse(Buffer.from("a 3\nb 4"), undefined).skeleton).not.toBe(first);
});

/** Origins of the slots of `body` when the hint is that of `before`. */
function originsAfter(before: string, body: string): number[] {
  const parser = newParser();
  const hint = parser.parse(Buffer.from(before), undefined).skeleton;
  const result = parser.parse(Buffer.from(body), hint);
  expect(result.error).toBeUndefined();
  if (!result.changed) return [...Array(result.slotCount).keys()];
  return [...result.origins.subarray(0, result.slotCount)];
}

const FIVE = "a 1\nb 1\nc 1\nd 1\ne 1\n";
const MOVED: readonly (readonly [string, string, string, readonly number[]])[] = [
  ["a new line in the middle", FIVE, "a 1\nb 1\nx 1\nc 1\nd 1\ne 1\n", [0, 1, FRESH, 2, 3, 4]],
  ["a new first line", FIVE, `x 1\n${FIVE}`, [FRESH, 0, 1, 2, 3, 4]],
  ["a new last line", FIVE, `${FIVE}x 1\n`, [0, 1, 2, 3, 4, FRESH]],
  ["a line gone", FIVE, "a 1\nb 1\nd 1\ne 1\n", [0, 1, 3, 4]],
  ["all but the last gone", `${FIVE}f 1\ng 1\nh 1\n`, "h 1\n", [7]],
  ["the order reversed", FIVE, "e 1\nd 1\nc 1\nb 1\na 1\n", [4, 3, 2, 1, 0]],
  ["halves exchanged", FIVE, "d 1\ne 1\na 1\nb 1\nc 1\n", [3, 4, 0, 1, 2]],
  ["a comment changed", "# x\na 1\nb 1\n", "# y\na 1\nb 1\n", [0, 1]],
  ["a text twice", FIVE, "a 1\nb 1\na 2\nc 1\n", [0, 1, -2, 2]],
  ["a new text twice", FIVE, "x 1\nx 2\na 1\n", [FRESH, -2, 0]],
  ["repeats that go", "a 1\na 2\nb 1\n", "a 1\nb 1\n", [0, 2]],
  ["repeats that stay while a line comes", "a 1\na 2\nb 1\n", "a 1\na 2\nb 1\nc 1\n", [0, -2, 2, FRESH]],
  ["a time that comes", FIVE, "a 1\nb 1 5\nc 1\nd 1\ne 1\n", [0, 1, 2, 3, 4]],
  ["a longer text with the same start", 'a 1\na{x="1"} 1\n', 'a{x="1"} 1\na 1\n', [1, 0]],
  ["blanks inside the text", 'a {x="1"} 1\nb 1\n', "a 1\nb 1\n", [FRESH, 1]],
  ["texts with a NUL byte", 'a{x="\0"} 1\nb 1\n', 'b 1\na{x="\0"} 1\n', [1, 0]],
];

test.each(MOVED)("series are found again after %s", (_, before, body, origins) => {
  expect(originsAfter(before, body)).toEqual(origins);
});

test("a time that goes or comes changes the slot, not the series", () => {
  const parser = newParser();
  const hint = parser.parse(Buffer.from("a 1\nb 2 1000\nc 3\n"), undefined).skeleton;
  expect(readBack(parser.parse(Buffer.from("a 1 7\nb 2\nc 3 8\n"), hint))).toEqual([
    "a 1 @7",
    "b 2",
    "c 3 @8",
  ]);
});

test("the type in force reaches over stretches that match", () => {
  const parser = newParser();
  const hint = parser.parse(Buffer.from('# TYPE h histogram\nh{le="1"} 1\nx 1\n'), undefined).skeleton;
  const body =
    '# TYPE h histogram\nh{le="1"} 1\nh{le="2"} 1\nx 1\ny{le="3"} 1\n# TYPE g gauge\nz{le="4"} 1\n';
  expect(readBack(parser.parse(Buffer.from(body), hint))).toEqual([
    'h{le="1.0"} 1',
    'h{le="2.0"} 1',
    "x 1",
    'y{le="3.0"} 1',
    'z{le="4"} 1',
  ]);
  const retyped = '# TYPE h gauge\nh{le="1"} 1\nx 1\ny{le="3"} 1\n';
  expect(readBack(parser.parse(Buffer.from(retyped), hint)).at(-1)).toBe('y{le="3"} 1');
});

test("names with labels and comments beyond a mebibyte are refused", () => {
  const long = "y".repeat(1 << 20);
  expect(parse(`a{x="${long}"} 1\n`).error?.message).toBe(
    `name and labels of a sample take 1048583 bytes, limit: 1048576 (starts with "a{x=\\"${long.slice(0, 45)}")`,
  );
  expect(parse(`# HELP a ${long}\na 1\n`).error?.message).toBe(
    `a comment line takes 1048585 bytes, limit: 1048576 (starts with "# HELP a ${long.slice(0, 41)}")`,
  );
});

test("error texts quote no more than a kibibyte of a hostile body", () => {
  const { error } = parse(`a{x="${"y".repeat(1 << 20)}`);
  expect(error?.message.length).toBeLessThan(2500);
  expect(error?.message).toContain("(cut, 1048582 bytes)");
});
