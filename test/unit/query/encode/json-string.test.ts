import { assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { ChunkWriter } from "../../../../src/query/encode/chunk-writer.ts";
import { jsonString, writeRawString } from "../../../../src/query/encode/json-string.ts";

function rawBytes(text: string): string {
  const writer = new ChunkWriter();
  writeRawString(writer, text);
  return Buffer.from(writer.take()).toString("utf8");
}

test.each([
  ["plain", '"plain"', '"plain"'],
  ['say "hi"', String.raw`"say \"hi\""`, String.raw`"say \"hi\""`],
  ["a\\b", String.raw`"a\\b"`, String.raw`"a\\b"`],
  ["a<b>&c", String.raw`"a\u003cb\u003e\u0026c"`, '"a<b>&c"'],
  ["tab\tline\nreturn\r", String.raw`"tab\tline\nreturn\r"`, String.raw`"tab\tline\nreturn\r"`],
  ["\u0000\u0008\u001f", String.raw`"\u0000\u0008\u001f"`, String.raw`"\u0000\u0008\u001f"`],
  ["\u2028\u2029", String.raw`"\u2028\u2029"`, String.raw`"\u2028\u2029"`],
  ["日本 😀", '"日本 😀"', '"日本 😀"'],
  ["\ud800x", '"\ufffdx"', '"\ufffdx"'],
  ["", '""', '""'],
])("%j is escaped as Go's encoder does", (text, html, raw) => {
  expect(jsonString(text, "html")).toBe(html);
  expect(jsonString(text, "raw")).toBe(raw);
  expect(rawBytes(text)).toBe(raw);
});

test("any text reads back as itself", () => {
  const claim = property(string({ unit: "grapheme" }), (text) => {
    return (
      JSON.parse(jsonString(text, "html")) === text &&
      JSON.parse(jsonString(text, "raw")) === text &&
      JSON.parse(rawBytes(text)) === text
    );
  });
  expect(() => assert(claim)).not.toThrow();
});
