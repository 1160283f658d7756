import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteWriter, MalformedBytesError } from "../../../../src/base/index.ts";
import { labelsFromRecord, labelsToRecord, millis, type Matcher } from "../../../../src/model/index.ts";
import type { Exemplar, ExemplarOutcome } from "../../../../src/storage/index.ts";
import { ExemplarStore } from "../../../../src/tsdb/exemplars/exemplar-store.ts";

const WINDOW_MS = 1000;
const ALL: Matcher[][] = [[{ kind: "=~", name: "__name__", value: ".+" }]];

function newStore(exemplarsMax: number): ExemplarStore {
  return new ExemplarStore({ exemplarsMax, windowMs: WINDOW_MS });
}

function exemplar(time: number, value: number, trace = "a", hasOwnTime = true): Exemplar {
  return { labels: labelsFromRecord({ trace_id: trace }), value, time: millis(time), hasOwnTime };
}

function add(
  store: ExemplarStore,
  metric: string,
  exemplars: readonly Exemplar[],
  context: { readonly lateMs?: number; readonly headMs?: number } = {},
): ExemplarOutcome | undefined {
  const labels = labelsFromRecord({ __name__: metric });
  return store.add(labels, exemplars, { lateMs: 0, headMs: 0, ...context });
}

function long(value: string): Exemplar {
  return { ...exemplar(1, 1), labels: labelsFromRecord({ n: value }) };
}

function name(value: string): Matcher[] {
  return [{ kind: "=", name: "__name__", value }];
}

/** Times and values by metric. */
function dump(
  store: ExemplarStore,
  matchers = ALL,
  from = -1e9,
  to = 1e9,
): Record<string, [number, number][]> {
  return Object.fromEntries(
    store
      .exemplars(matchers, from, to)
      .map(({ labels, exemplars }) => [
        labelsToRecord(labels)["__name__"],
        exemplars.map(({ time, value }) => [time, value]),
      ]),
  );
}

test("a store for none takes none", () => {
  const store = newStore(0);
  expect(add(store, "a", [exemplar(1, 1)])).toBeUndefined();
  expect(dump(store)).toEqual({});
  expect(store.stats()).toMatchObject({ stored: 0, storedMax: 0, oldestMs: 0, series: 0 });
});

test("per series the order of time, value and labels counts", () => {
  const store = newStore(100);
  const none = { appended: 0, repeated: 0, outOfOrder: 0, invalid: 0, reason: undefined };
  const disordered = { ...none, outOfOrder: 1, reason: "out of order exemplar" };
  expect(add(store, "a", [exemplar(5, 1)])).toEqual({ ...none, appended: 1 });
  expect(add(store, "a", [exemplar(5, 1)])).toEqual({ ...none, repeated: 1 });
  expect(add(store, "a", [exemplar(4, 1)])).toEqual(disordered);
  expect(add(store, "a", [exemplar(5, 0)])).toEqual(disordered);
  expect(add(store, "a", [exemplar(5, 1, "b")])).toEqual({ ...none, appended: 1 });
  expect(add(store, "a", [exemplar(5, 1, "a")])).toEqual(disordered);
  expect(add(store, "b", [exemplar(4, 1)])).toEqual({ ...none, appended: 1 });
  expect(add(store, "a", [exemplar(7, 7), exemplar(8, 1), exemplar(9, 2)])).toEqual({ ...none, appended: 3 });
  expect(dump(store)).toEqual({ a: [[5, 1], [5, 1], [7, 7], [8, 1], [9, 2]], b: [[4, 1]] }); // prettier-ignore
  expect(store.stats()).toEqual({
    appended: 6,
    outOfOrder: 3,
    stored: 6,
    series: 2,
    storedMax: 100,
    oldestMs: 5,
  });
});

test("an exemplar without a time of its own is the same at every scrape", () => {
  const store = newStore(100);
  add(store, "a", [exemplar(5, 1, "a", false)]);
  expect(add(store, "a", [exemplar(6, 1, "a", false)])).toMatchObject({ repeated: 1, appended: 0 });
  expect(add(store, "a", [exemplar(6, 1, "a", true)])).toMatchObject({ repeated: 0, appended: 1 });
});

test("labels may have 128 code points", () => {
  const store = newStore(100);
  expect(add(store, "a", [long("é".repeat(127))])).toMatchObject({ appended: 1, invalid: 0 });
  expect(add(store, "b", [long("😀".repeat(127))])).toMatchObject({ appended: 1, invalid: 0 });
  for (const value of ["a".repeat(128), "😀".repeat(128), "a".repeat(1000)]) {
    const reason = "label length for exemplar exceeds maximum of 128 UTF-8 characters";
    expect(add(store, "c", [long(value)])).toMatchObject({ appended: 0, invalid: 1, reason });
  }
});

test("late ones are taken within the window, once each", () => {
  const store = newStore(100);
  add(store, "a", [exemplar(100, 1)]);
  expect(add(store, "a", [exemplar(90, 1)], { lateMs: 20 })).toMatchObject({ appended: 1 });
  expect(add(store, "a", [exemplar(95, 1)], { lateMs: 20 })).toMatchObject({ appended: 1 });
  expect(add(store, "a", [exemplar(90, 1)], { lateMs: 20 })).toMatchObject({ repeated: 1 });
  expect(add(store, "a", [exemplar(80, 1)], { lateMs: 20 })).toMatchObject({ appended: 1 });
  expect(add(store, "a", [exemplar(79, 1)], { lateMs: 20 })).toMatchObject({ outOfOrder: 1 });
  expect(dump(store)).toEqual({ a: [[80, 1], [90, 1], [95, 1], [100, 1]] }); // prettier-ignore
});

test("selectors, times and order of the answer", () => {
  const store = newStore(100);
  for (const metric of ["c", "a", "b"]) add(store, metric, [exemplar(1, 1), exemplar(2, 2), exemplar(3, 3)]);
  expect(dump(store, [name("c"), name("a")], 2, 3)).toEqual({ a: [[2, 2], [3, 3]], c: [[2, 2], [3, 3]] }); // prettier-ignore
  expect(store.exemplars(ALL, 0, 9).map(({ labels }) => labels[1])).toEqual(["a", "b", "c"]);
  expect(store.exemplars([name("d")], 0, 9)).toEqual([]);
  expect(dump(store, [[{ kind: "!=", name: "job", value: "" }]])).toEqual({});
});

test("the ring keeps the newest that came, whatever their times", () => {
  const action = fc.record({ metric: fc.constantFrom("a", "b", "c"), time: fc.nat(30), value: fc.nat(2) });
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 60 }),
      fc.integer({ min: 1, max: 9 }),
      fc.nat(9),
      (actions, max, later) => {
        const store = newStore(max);
        let kept: { metric: string; time: number; value: number }[] = [];
        for (const one of actions) {
          const outcome = add(store, one.metric, [exemplar(one.time, one.value)], { lateMs: 10 });
          if (outcome?.appended === 1) kept.push(one);
          kept = kept.slice(-max);
        }
        const check = (): void => {
          const expected: Record<string, [number, number][]> = {};
          for (const { metric, time, value } of kept) (expected[metric] ??= []).push([time, value]);
          for (const list of Object.values(expected)) list.sort((a, b) => a[0] - b[0]);
          expect(dump(store)).toEqual(expected);
          expect(store.stats()).toMatchObject({ stored: kept.length, series: Object.keys(expected).length });
        };
        check();
        store.resize(later);
        kept = later === 0 ? [] : kept.slice(-later);
        check();
      },
    ),
  );
});

test("the log brings them back, part by part", () => {
  const parts = new Map<string, ByteWriter>();
  const store = newStore(100);
  store.log = {
    side: (part, write) => {
      const out = parts.get(part) ?? new ByteWriter();
      parts.set(part, out);
      write(out);
    },
  };
  add(store, "a", [exemplar(500, 1)], { headMs: 500 });
  add(store, "b", [exemplar(510, Number.NaN, "é", false)], { headMs: 510 });
  add(store, "a", [exemplar(1500, 2)], { headMs: 1500 });
  add(store, "a", [exemplar(1501, 3)], { headMs: -Infinity });
  expect([...parts.keys()]).toEqual(["exemplars_0", "exemplars_1000"]);
  const again = newStore(100);
  again.replay(0, parts.get("exemplars_0")!.copy());
  again.replay(1000, parts.get("exemplars_1000")!.copy());
  expect(again.exemplars(ALL, 0, 1e9)).toEqual(store.exemplars(ALL, 0, 1e9));
  const late = newStore(100);
  late.replay(1000, parts.get("exemplars_1000")!.copy());
  expect(dump(late)).toEqual({ a: [[1500, 2], [1501, 3]] }); // prettier-ignore
  const off = newStore(0);
  off.replay(0, parts.get("exemplars_0")!.copy());
  expect(off.stats().stored).toBe(0);
  expect(() => again.replay(0, Uint8Array.of(9, 1))).toThrow(MalformedBytesError);
});
