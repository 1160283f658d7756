import { expect, test } from "vitest";
import { labelsFromRecord } from "../../../../../src/model/index.ts";
import { hashLabels, xxHash64 } from "../../../../../src/promql/exec/aggregate/label-hash.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

// Published values of the algorithm with seed 0.
test.each([
  ["", 0xef46db3751d8e999n],
  ["a", 0xd24ec4f1a98c6e5bn],
  ["abc", 0x44bc2cf5ad770999n],
  ["Nobody inspects the spammish repetition", 0xfbcea83c8a378bf1n],
])("xxHash64 of %j", (text, expected) => {
  expect(xxHash64(bytes(text))).toBe(expected);
});

test("labels are hashed with their lengths before them", () => {
  const expected = xxHash64(Uint8Array.of(1, 0x61, 2, 0x62, 0x63));
  expect(hashLabels(labelsFromRecord({ a: "bc" }))).toBe(expected);
});

test("a length from 255 on takes four bytes", () => {
  const value = "x".repeat(300);
  const expected = xxHash64(Uint8Array.of(1, 0x61, 255, 0x2c, 0x01, 0x00, ...bytes(value)));
  expect(hashLabels(labelsFromRecord({ a: value }))).toBe(expected);
});
