import { expect, test } from "vitest";
import type { MetricMetadata } from "../../../../src/storage/index.ts";
import { MetadataStore } from "../../../../src/tsdb/metadata/metadata-store.ts";

function counter(metric: string, help: string): MetricMetadata {
  return { metric, type: "counter", help, unit: "" };
}

test("entries of a metric are kept once and come by name", () => {
  const store = new MetadataStore();
  for (const entry of [counter("b", "1"), counter("a", "1"), counter("b", "2"), counter("b", "1")]) {
    store.put(entry);
  }
  expect(store.entries()).toEqual([counter("a", "1"), counter("b", "2"), counter("b", "1")]);
  expect(store.entries("b")).toEqual([counter("b", "2"), counter("b", "1")]);
  expect(store.entries("c")).toEqual([]);
});

test("type, unit and help make an entry", () => {
  const store = new MetadataStore();
  const entries: MetricMetadata[] = [
    { metric: "m", type: "gauge", help: "", unit: "s" },
    { metric: "m", type: "gauge", help: "s", unit: "" },
    { metric: "m", type: "summary", help: "s", unit: "" },
  ];
  for (const entry of entries) store.put(entry);
  expect(store.entries("m")).toEqual(entries);
});

test("an entry without a metric is passed over", () => {
  const store = new MetadataStore();
  store.put(counter("", "help"));
  expect(store.entries()).toEqual([]);
});

test("a metric keeps the eight entries said last", () => {
  const store = new MetadataStore();
  for (let i = 0; i < 10; i++) store.put(counter("m", String(i)));
  expect(store.entries("m").map(({ help }) => help)).toEqual(["2", "3", "4", "5", "6", "7", "8", "9"]);
});

test("what was repeated least lately goes when there is too much text", () => {
  const store = new MetadataStore(30);
  store.put(counter("a", "123456789"));
  store.put(counter("b", "123456789"));
  store.put(counter("c", "123456789"));
  store.put(counter("a", "123456789"));
  store.put(counter("d", "123456789"));
  expect(store.entries().map(({ metric }) => metric)).toEqual(["a", "c", "d"]);
  store.put(counter("e", "x".repeat(30)));
  expect(store.entries()).toHaveLength(3);
});
