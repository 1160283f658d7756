import fc from "fast-check";
import { expect, test } from "vitest";
import { ChangeTimes } from "../../../src/tsdb/changes.ts";

test("nothing changed since now", () => {
  const changes = new ChangeTimes();
  expect(changes.earliestSince(changes.version)).toBe(Infinity);
  changes.note(5);
  expect(changes.earliestSince(changes.version)).toBe(Infinity);
});

test("what came since any version is told by its oldest time, in whatever order it came", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 60 }), (times) => {
      const changes = new ChangeTimes();
      const versions = times.map((time) => {
        const before = changes.version;
        changes.note(time);
        return before;
      });
      for (const [at, version] of versions.entries()) {
        expect(changes.earliestSince(version)).toBe(Math.min(...times.slice(at)));
      }
    }),
  );
});

test("everything changed", () => {
  const changes = new ChangeTimes();
  changes.note(7);
  changes.noteAll();
  const { version } = changes;
  changes.note(9);
  expect([changes.earliestSince(0), changes.earliestSince(version)]).toEqual([-Infinity, 9]);
});

test("after very many changes the answer is never too late, and exact for the newest", () => {
  const changes = new ChangeTimes();
  const count = 5000;
  const versions = Array.from({ length: count }, (_, time) => {
    const before = changes.version;
    changes.note(time);
    return before;
  });
  const told = versions.map((version) => changes.earliestSince(version));
  expect(told.every((earliest, time) => earliest <= time)).toBe(true);
  expect(told.slice(-200)).toEqual(versions.map((_, time) => time).slice(-200));
});
