import { expect, test } from "vitest";
import { goQuote } from "../../../src/model/index.ts";

const rows: [string, string][] = [
  ["", '""'],
  ["plain text é 世 😀", '"plain text é 世 😀"'],
  ['say "a\\b"', '"say \\"a\\\\b\\""'],
  ["\x07\b\f\n\r\t\v", '"\\a\\b\\f\\n\\r\\t\\v"'],
  ["\x00\x1f\x7f", '"\\x00\\x1f\\x7f"'],
  ["\u00a0\u200b\u2028\ufeff", '"\\u00a0\\u200b\\u2028\\ufeff"'],
  ["\u{e0001}", '"\\U000e0001"'],
  ["\ud83d", '"\ufffd"'],
  ["a\udcc5z", '"a\\xc5z"'],
];
test.each(rows)("%j is quoted as Go quotes it", (text, expected) => expect(goQuote(text)).toBe(expected));
