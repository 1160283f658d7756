import { describe, expect, test } from "vitest";
import {
  compareLabels,
  compareText,
  duplicateLabelName,
  filterLabels,
  hasLabel,
  labelsFromEntries,
  labelsFromRecord,
  labelsKey,
  labelsText,
  labelsToRecord,
  labelValue,
  NO_LABELS,
  sameLabels,
  withLabel,
} from "../../../src/model/index.ts";

const set = labelsFromRecord({ job: "api", __name__: "up", empty: "", é: "x" });

test("a set is sorted by name and has no empty values", () => {
  expect(Array.from(set)).toEqual(["__name__", "up", "job", "api", "é", "x"]);
  expect(labelsToRecord(set)).toEqual({ __name__: "up", job: "api", é: "x" });
  expect(Array.from(labelsFromRecord({}))).toEqual([]);
});

test("a name given twice is the programmer's fault", () => {
  const twice: [string, string][] = [
    ["a", "1"],
    ["a", "2"],
  ];
  expect(() => labelsFromEntries(twice)).toThrow("unique label names, got a twice");
  expect(duplicateLabelName(["a", "b", "a", "b"])).toBe("a");
  expect(duplicateLabelName(["a", "b"])).toBeUndefined();
});

test("labels are found by name", () => {
  expect([labelValue(set, "job"), labelValue(set, "nope")]).toEqual(["api", ""]);
  expect([hasLabel(set, "é"), hasLabel(set, "empty")]).toEqual([true, false]);
});

describe("one label is set or removed", () => {
  const rows: [string, string, string[]][] = [
    ["a", "1", ["__name__", "up", "a", "1", "job", "api", "é", "x"]],
    ["job", "web", ["__name__", "up", "job", "web", "é", "x"]],
    ["job", "", ["__name__", "up", "é", "x"]],
    ["nope", "", ["__name__", "up", "job", "api", "é", "x"]],
    ["😀", "z", ["__name__", "up", "job", "api", "é", "x", "😀", "z"]],
  ];
  test.each(rows)("%s to %j", (name, value, expected) => {
    expect(Array.from(withLabel(set, name, value))).toEqual(expected);
  });
});

test("filtering gives back the same set when all labels pass", () => {
  expect(filterLabels(set, () => true)).toBe(set);
  expect(labelsToRecord(filterLabels(set, (name) => name !== "job"))).toEqual({ __name__: "up", é: "x" });
});

test("keys differ exactly where sets do", () => {
  const other = labelsFromRecord({ job: "api", __name__: "up", é: "x" });
  expect(labelsKey(set)).toBe(labelsKey(other));
  expect(sameLabels(set, other)).toBe(true);
  expect(labelsKey(labelsFromRecord({ a: "b1:c" }))).not.toBe(
    labelsKey(labelsFromRecord({ a: "b", c: "1" })),
  );
  expect(sameLabels(set, NO_LABELS)).toBe(false);
});

describe("sets are ordered pair by pair", () => {
  const rows: [Record<string, string>, Record<string, string>, number][] = [
    [{ a: "1" }, { a: "1" }, 0],
    [{ a: "1" }, { a: "2" }, -1],
    [{ a: "1" }, { b: "0" }, -1],
    [{ a: "1" }, { a: "1", b: "1" }, -1],
    [{ b: "1" }, { a: "1", b: "1" }, 1],
  ];
  test.each(rows)("%j and %j", (a, b, sign) => {
    expect(Math.sign(compareLabels(labelsFromRecord(a), labelsFromRecord(b)))).toBe(sign);
  });
});

test("texts are ordered by code point, not by UTF-16 unit", () => {
  const texts = ["😀", "\uffff", "é", "z", "a", "", "\ue000", "ab"];
  const byBytes = texts.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  expect(texts.toSorted(compareText)).toEqual(byBytes);
});

test("the text of a set quotes as Go does", () => {
  expect(labelsText(labelsFromRecord({ a: 'say "hi"\n', b: "é\u200b" }))).toBe(
    '{a="say \\"hi\\"\\n", b="é\\u200b"}',
  );
  expect(labelsText(labelsFromRecord({ "a b": "1", "a.c": "2", é: "3", "0": "4" }))).toBe(
    '{"0"="4", "a b"="1", "a.c"="2", "é"="3"}',
  );
  expect(labelsText(NO_LABELS)).toBe("{}");
});
