import { describe, expect, test } from "vitest";
import { PromqlExecutionError } from "../../../../../src/promql/index.ts";
import { ask, linesOf, storeOf } from "../../ask.ts";

const STORE = storeOf(60_000, [
  'l{a="1",x="p"} 1 2 _',
  'l{a="2",x="p"} 10 _ 30',
  'r{a="1"} 100 200 300',
  'r{a="3"} 7 7 7',
  'm{a="1",b="1"} 1 1 1',
  'm{a="1",b="2"} 2 2 2',
  'once{a="1",t="early"} 5 _ _',
  'once{a="1",t="late"} _ _ 6',
  'info{a="1",version="v1"} 1 1 1',
]);
const ALL = [0, 120, 60] as const;
const OPTIONS = { lookbackMs: 60_000 };

function lines(text: string, at: number | readonly [number, number, number] = 0): string[] {
  return linesOf(ask(STORE, { text, at, options: OPTIONS }).value);
}

test.each([
  ["arithmetic keeps the labels but the name", "l * ignoring (x) r", ['{a="1"} 100']],
  ["on() keeps only what is matched on", "l * on (a) r", ['{a="1"} 100']],
  ["a filter keeps the left value and name", "l < ignoring (x) r", ['l{a="1"} 1']],
  ["bool keeps every pair", "l > bool ignoring (x) r", ['{a="1"} 0']],
  [
    "group_left copies labels",
    "m * on (a) group_left (version) info",
    ['{a="1",b="1",version="v1"} 1', '{a="1",b="2",version="v1"} 2'],
  ],
  [
    "group_right keeps the operands' order",
    "r - on (a) group_right () m",
    ['{a="1",b="1"} 99', '{a="1",b="2"} 98'],
  ],
  ["a scalar on the left of a filter keeps the vector's value", "5 < r", ['r{a="1"} 100', 'r{a="3"} 7']],
  ["and", "l and on (a) r", ['l{a="1",x="p"} 1']],
  ["unless", "l unless on (a) r", ['l{a="2",x="p"} 10']],
  ["or", "l or on (a) r", ['l{a="1",x="p"} 1', 'l{a="2",x="p"} 10', 'r{a="3"} 7']],
  ["fill_right stands in for the one side", "l + on (a) fill_right(1) r", ['{a="1"} 101', '{a="2"} 11']],
  ["fill stands in for both", "l + on (a) fill(0) r", ['{a="1"} 101', '{a="2"} 10', '{a="3"} 7']],
])("%s", (_name, text, expected) => {
  expect(lines(text)).toEqual(expected);
});

test.each([
  ["presence is looked at step by step", "l * on (a) r", ['{a="1"} 100@0 400@60']],
  ["sets too", "l or on () r", ['l{a="1",x="p"} 1@0 2@60', 'l{a="2",x="p"} 10@0 30@120']],
  ["series of one group that never meet are no doubles", "r * on (a) once", ['{a="1"} 500@0 1800@120']],
  ["nor are they on the many side", "once * on (a) r", ['{a="1"} 500@0 1800@120']],
])("%s", (_name, text, expected) => {
  expect(lines(text, ALL)).toEqual(expected);
});

describe("errors", () => {
  test.each([
    [
      "doubles on the one side",
      "r * on (a) m",
      'found duplicate series for the match group {a="1"} on the right hand-side of the operation: ' +
        '[{__name__="m", a="1", b="1"}, {__name__="m", a="1", b="2"}];' +
        "many-to-many matching not allowed: matching labels must be unique on one side",
    ],
    [
      "doubles on the one side of group_right",
      "m * on (a) group_right () r",
      'found duplicate series for the match group {a="1"} on the left hand-side of the operation: ' +
        '[{__name__="m", a="1", b="1"}, {__name__="m", a="1", b="2"}];' +
        "many-to-many matching not allowed: matching labels must be unique on one side",
    ],
    [
      "several on the left of one-to-one",
      "m * on (a) r",
      "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
    ],
    [
      "several on the left, even if a filter drops them",
      "m > on (a) r",
      "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
    ],
    [
      "results that copied labels make equal",
      "m * on (a) group_left (b) r",
      "multiple matches for labels: grouping labels must ensure unique matches",
    ],
  ])("%s", (_name, text, message) => {
    expect(() => lines(text)).toThrow(new PromqlExecutionError(message));
  });

  test("an empty side has none", () => {
    expect(lines("m * on (a) nothing")).toEqual([]);
    expect(lines("nothing * on (a) m")).toEqual([]);
  });
});
