import { expect, test } from "vitest";
import { ask, storeOf } from "../ask.ts";

const STORE = storeOf(15_000, ['a{i="1"} 1 2', 'b{i="1"} 1 2', 'c{i="2"} 1 2']);
const EQUAL = "vector cannot contain metrics with the same labelset";

test.each([
  ["a function that drops the name", 'abs({i="1"})'],
  ["after one that keeps it", 'abs(last_over_time({i="1"}[1m]))'],
  ["after one that sets labels", 'abs(label_join({i="1"}, "j", "-", "i"))'],
  ["after a filter", 'abs({i="1"} > 0)'],
  ["an operator with a scalar", 'last_over_time({i="1"}[1m]) + 1'],
  ["a minus", '-last_over_time({i="1"}[1m])'],
  ["a range function of a subquery", 'sum_over_time(last_over_time({i="1"}[1m])[30s:15s])'],
])("series that differ only by their names do not become one: %s", (_name, text) => {
  expect(() => ask(STORE, { text, at: 15 })).toThrow(EQUAL);
  expect(() => ask(STORE, { text, at: [0, 15, 15] })).toThrow(EQUAL);
});

test("series that stay different pass", () => {
  const { value } = ask(STORE, { text: 'abs(last_over_time({__name__=~"a|c"}[1m]))', at: 15 });
  expect(value).toMatchObject({ labels: { length: 2 } });
});
