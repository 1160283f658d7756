import { expect, test } from "vitest";
import { ask, storeOf, type Asked } from "../ask.ts";

const STORE = storeOf(15_000, ["a 1 2 4"]);

// ANN-10. Prometheus compares the start and the end of what is evaluated, not the number of steps.
test.each<[string, Asked, boolean]>([
  ["not in an instant query", { text: "sort(a)", at: 30 }, false],
  ["in a range query", { text: "sort_desc(a)", at: [0, 30, 15] }, true],
  ["in a range query whose end is after its only step", { text: "sort(a)", at: [0, 10, 15] }, true],
  ["not in a range query of one moment", { text: "sort(a)", at: [15, 15, 15] }, false],
  ["not of what is evaluated once for all steps", { text: "sort(a @ 15)", at: [0, 30, 15] }, false],
  ["in a subquery", { text: 'count_over_time(sort_by_label(a, "x")[30s:15s])', at: 30 }, true],
])("sorting in vain is warned of: %s", (_name, asked, isWarned) => {
  expect(ask(STORE, asked).warnings.length).toBe(isWarned ? 1 : 0);
});
