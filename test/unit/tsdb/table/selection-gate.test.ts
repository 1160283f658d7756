import { expect, test } from "vitest";
import { SelectionGate } from "../../../../src/tsdb/table/selection-gate.ts";

test("work waits for the selections that were open and not for later ones", () => {
  const gate = new SelectionGate();
  const done: string[] = [];
  gate.afterPresent(() => done.push("at once"));
  const first = gate.enter();
  const second = gate.enter();
  gate.afterPresent(() => done.push("after the first two"));
  const third = gate.enter();
  gate.afterPresent(() => done.push("after the third"));
  second();
  expect(done).toEqual(["at once"]);
  expect(gate.openCount).toBe(2);
  third();
  expect(done).toEqual(["at once"]);
  first();
  expect(done).toEqual(["at once", "after the first two", "after the third"]);
  expect(gate.openCount).toBe(0);
});
