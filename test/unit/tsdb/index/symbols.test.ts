import { expect, test } from "vitest";
import { Symbols } from "../../../../src/tsdb/index/symbols.ts";
import { SlabHeap } from "../../../../src/tsdb/table/slab-heap.ts";

const TEXTS = [
  "",
  "a",
  "instance",
  "x".repeat(63),
  "x".repeat(64),
  "x".repeat(5000),
  "größe",
  "gröss",
  "\u{1f600} smile",
  "\u0000",
  "\u007f",
  "\u0080",
  "ÿ",
  "日本語".repeat(50),
];

test("every text has a number of its own and comes back whole, after the tables have grown too", () => {
  const symbols = new Symbols(new SlabHeap());
  TEXTS.forEach((text, id) => expect(symbols.intern(text)).toBe(id));
  for (let i = 0; i < 20_000; i++) symbols.intern(`pod-${i}`);
  expect(symbols.count).toBe(TEXTS.length + 20_000);
  TEXTS.forEach((text, id) => {
    expect(symbols.intern(text)).toBe(id);
    expect(symbols.find(text)).toBe(id);
    expect(symbols.text(id)).toBe(text);
  });
  for (let i = 0; i < 20_000; i++) expect(symbols.text(symbols.find(`pod-${i}`))).toBe(`pod-${i}`);
  expect(symbols.find("pod-20000")).toBe(-1);
  expect(symbols.find("grö")).toBe(-1);
});

test("half a surrogate pair is the replacement character", () => {
  const symbols = new Symbols(new SlabHeap());
  const id = symbols.intern("a\ud800b");
  expect(symbols.text(id)).toBe("a\ufffdb");
  expect(symbols.find("a\ufffdb")).toBe(id);
  expect(symbols.find("a\udfffb")).toBe(id);
  expect(symbols.count).toBe(1);
});
