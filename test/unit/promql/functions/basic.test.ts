import { expect, test } from "vitest";
import { ask, linesOf, storeOf } from "../ask.ts";

const STORE = storeOf(15_000, []);

// FN-14. What a Prometheus answers: an equality counts unless a matcher on the same label follows it, or only leaves out.
test.each([
  ['a="1"', '{a="1"}'],
  ['a="1", b="2"', '{a="1",b="2"}'],
  ['a=~"1"', "{}"],
  ['a="1", a="1"', "{}"],
  ['a="1", a=~"1"', "{}"],
  ['a=~"1", a="1"', '{a="1"}'],
  ['a!="2", a="1", a!="3"', "{}"],
  ['a="1", a!="3", a="2"', "{}"],
  ['a!="2", a="1"', "{}"],
  ['a!~"x.*", a="1", b="2"', '{b="2"}'],
  ['a!="", a="1"', '{a="1"}'],
  ['a=""', "{}"],
])("what is absent from {%s} has the labels %s", (matchers, labels) => {
  for (const text of [`absent(x{${matchers}})`, `absent_over_time(x{${matchers}}[1m])`]) {
    expect(linesOf(ask(STORE, { text, at: 0 }).value)).toEqual([`${labels} 1`]);
  }
});
