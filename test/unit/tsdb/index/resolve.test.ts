import fc from "fast-check";
import { expect, test } from "vitest";
import {
  compileMatcher,
  labelsFromRecord,
  labelValue,
  seriesId,
  type Matcher,
} from "../../../../src/model/index.ts";
import { resolveMatchers } from "../../../../src/tsdb/index/resolve.ts";
import { SeriesIndex } from "../../../../src/tsdb/index/series-index.ts";

const value = fc.constantFrom("", "a", "ab", "b", "x1", "x2", "ü");
const labels = fc.record({ __name__: fc.constantFrom("up", "down"), job: value, instance: value, z: value });
const pattern = fc.constantFrom("", "a", "a|b", "a.*", ".*", ".+", "x[0-9]", "(a|x1)?", ".*b", "ü");
const matcher: fc.Arbitrary<Matcher> = fc.oneof(
  fc.record({ kind: fc.constantFrom("=" as const, "!=" as const), name: nameOf(), value }),
  fc.record({ kind: fc.constantFrom("=~" as const, "!~" as const), name: nameOf(), value: pattern }),
);

function nameOf(): fc.Arbitrary<string> {
  return fc.constantFrom("__name__", "job", "instance", "z", "nobody_has_it");
}

test("the series found are those whose labels all matchers accept, a missing label being empty", () => {
  fc.assert(
    fc.property(
      fc.array(labels, { maxLength: 60, size: "max" }),
      fc.array(matcher, { maxLength: 4 }),
      fc.array(fc.nat(59), { maxLength: 5 }),
      (sets, matchers, removed) => {
        const index = new SeriesIndex();
        for (const set of sets) index.intern(labelsFromRecord(set));
        for (const id of removed) if (id < index.count) index.remove(seriesId(id));
        const compiled = matchers.map((one) => compileMatcher(one));
        const expected: number[] = [];
        for (let id = 0; id < index.count; id++) {
          const found = index.labels(seriesId(id));
          const passes = compiled.every((one) => one.matches(labelValue(found, one.matcher.name)));
          if (passes && !removed.includes(id)) expected.push(id);
        }
        expect([...resolveMatchers(index, compiled)]).toEqual(expected);
      },
    ),
    { numRuns: 500 },
  );
});

test("a label of few values is resolved by them, a large one by the labels of the series", () => {
  const index = new SeriesIndex();
  for (let i = 0; i < 20_000; i++) {
    index.intern(labelsFromRecord({ __name__: "m", pod: `pod-${i}`, zone: `zone-${i % 10}` }));
  }
  const count = (...matchers: Matcher[]): number =>
    resolveMatchers(
      index,
      matchers.map((one) => compileMatcher(one)),
    ).length;
  const name: Matcher = { kind: "=", name: "__name__", value: "m" };
  expect(count(name)).toBe(20_000);
  expect(count(name, { kind: "=~", name: "zone", value: "zone-(1|2)" })).toBe(4000);
  expect(count(name, { kind: "=~", name: "pod", value: "pod-1.*" })).toBe(11_111);
  expect(count(name, { kind: "!=", name: "zone", value: "zone-3" })).toBe(18_000);
});

test("a series is found by its labels and keeps its id, whatever there are besides", () => {
  const index = new SeriesIndex();
  const sets = Array.from({ length: 5000 }, (_, i) =>
    labelsFromRecord({ __name__: `m${i % 7}`, i: String(i), even: i % 2 === 0 ? "yes" : "" }),
  );
  sets.forEach((set, i) => expect(index.intern(set)).toBe(i));
  sets.forEach((set, i) => {
    expect(index.find(set)).toBe(i);
    expect(index.intern(set)).toBe(i);
    expect(index.labels(seriesId(i))).toEqual(set);
  });
  expect(index.find(labelsFromRecord({ __name__: "m1", i: "0" }))).toBe(-1);
  expect(index.find(labelsFromRecord({}))).toBe(-1);
  expect(index.intern(labelsFromRecord({}))).toBe(5000);
  expect(index.labels(seriesId(5000))).toEqual([]);
});
