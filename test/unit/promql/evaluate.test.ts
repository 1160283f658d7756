import { describe, expect, it, test } from "vitest";
import { PromqlCanceledError, PromqlExecutionError, PromqlTimeoutError } from "../../../src/promql/index.ts";
import { ask, linesOf, storeOf, type Asked } from "./ask.ts";

const STORE = storeOf(15_000, [
  'a{i="1"} 1 -2 stale 4',
  'a{i="2"} 10 20 30 40',
  'b{i="1"} 5 _ _ 7',
  'c_total{i="1"} 0 10 20 5 15',
  "h {{schema:0 sum:3 count:4 buckets:[1 2 1]}}x4",
]);
const ALL = [0, 60, 15] as const;

/** The answer as lines; every selection that was opened for it is closed. */
function answer(asked: Asked): string[] {
  const lines = linesOf(ask(STORE, asked).value);
  expect(STORE.openSelections).toBe(0);
  return lines;
}

test.each([
  [
    "an instant selector takes the newest sample; a stale marker hides older ones",
    "a",
    ALL,
    ['a{i="1"} 1@0 -2@15 4@45 4@60', 'a{i="2"} 10@0 20@15 30@30 40@45 40@60'],
  ],
  ["the lookback window is open on the left", "b", [300, 350, 15], ['b{i="1"} 7@300 7@315 7@330']],
  ["an offset looks back", 'a{i="2"} offset 15s', 60, ['a{i="2"} 40']],
  ["a negative offset looks ahead", 'a{i="2"} offset -15s', 0, ['a{i="2"} 20']],
  ["@ takes one time for all steps", 'a{i="2"} @ 15', [0, 30, 15], ['a{i="2"} 20@0 20@15 20@30']],
  ["@ end() is the end of the query", 'a{i="2"} @ end()', [0, 15, 15], ['a{i="2"} 20@0 20@15']],
  [
    "a range is open on the left and has no stale markers",
    "a[45s]",
    45,
    ['a{i="1"} -2@15 4@45', 'a{i="2"} 20@15 30@30 40@45'],
  ],
  ["a subquery runs at multiples of its step", "abs(a)[20s:10s]", 45, ['{i="2"} 30@30 30@40']],
  ["functions drop the name", "abs(a)", 0, ['{i="1"} 1', '{i="2"} 10']],
  ["scalars come back as one series without labels", "time() / 15", [0, 30, 15], ["{} 0@0 1@15 2@30"]],
  ["a string is a string", '"x"', 0, ["string x"]],
  ["arithmetic of scalars", "2 ^ 3 ^ 2 - 1", 0, ["scalar 511"]],
  [
    "an increase is extrapolated and limited at zero",
    "increase(c_total[1m])",
    60,
    ['{i="1"} 33.33333333333333'],
  ],
  [
    "predictions move with the step though the window does not",
    "predict_linear(a{i='2'}[1m] @ 45, 15)",
    [45, 60, 15],
    ['{i="2"} 50@45 60@60'],
  ],
  ["an end before the start gives nothing", "a", [60, 0, 15], []],
  ["a histogram is a value", "h", 0, ["h{} {count:4, sum:3, (0.5,1]:1, (1,2]:2, (2,4]:1}"]],
  [
    "unary minus makes histograms negative",
    "-h",
    0,
    ["{} {count:-4, sum:-3, (0.5,1]:-1, (1,2]:-2, (2,4]:-1}"],
  ],
] as const)("%s", (_name, text, at, expected) => {
  expect(answer({ text, at })).toEqual(expected);
});

test.each([
  [
    "anchored windows begin with the value at their start",
    "a{i='2'}[20s] anchored",
    ['a{i="2"} 20@25 30@30 40@45'],
  ],
  [
    "smoothed ones are cut between samples",
    "a{i='2'}[20s] smoothed",
    ['a{i="2"} 26.666666666666668@25 30@30 40@45'],
  ],
])("%s", (_name, text, expected) => {
  expect(answer({ text, at: 45 })).toEqual(expected);
});

test("extended windows take no histograms", () => {
  expect(() => ask(STORE, { text: "h[1m] anchored", at: 45 })).toThrow(
    new PromqlExecutionError("anchored modifier is not supported with histograms"),
  );
});

describe("equal label sets", () => {
  const store = storeOf(60_000, ['x{l="1"} 1 _ _', 'y{l="1"} _ _ 2', "p 1", "q 1"]);
  const lookback = { lookbackMs: 60_000 };

  test.each([
    ["functions of instants merge series that never meet", 'abs({l="1"})', ['{l="1"} 1@0 2@120']],
    ["unary minus does too", '-{l="1"}', ['{l="1"} -1@0 -2@120']],
  ])("%s", (_name, text, expected) => {
    expect(linesOf(ask(store, { text, at: [0, 120, 60], options: lookback }).value)).toEqual(expected);
  });

  test.each([
    ["at one step", "abs({__name__=~'p|q'})", 0],
    ["range functions look at whole series", "rate({l='1'}[3m])", [0, 120, 60]],
  ] as const)("are refused: %s", (_name, text, at) => {
    const two = storeOf(60_000, ['x{l="1"} 1 2 _', 'y{l="1"} 2 3 4', "p 1", "q 1"]);
    expect(() => ask(two, { text, at })).toThrow(
      new PromqlExecutionError("vector cannot contain metrics with the same labelset"),
    );
  });
});

describe("delayed name removal", () => {
  const features = { delayedNameRemoval: true, typeAndUnitLabels: false };

  test.each([
    ["the name goes at the end", "abs(a)", ['{i="1"} 1', '{i="2"} 10']],
    ["until then it can be used", "sum by (__name__) (abs(a))", ["{} 11"]],
    [
      "a label_replace of it keeps it",
      'label_replace(abs(a{i="1"}), "__name__", "n", "", "")',
      ['n{i="1"} 1'],
    ],
  ])("%s", (_name, text, expected) => {
    expect(answer({ text, at: 0, options: { features } })).toEqual(expected);
  });
});

test("type and unit go with the name", () => {
  const store = storeOf(60_000, ['m{__type__="gauge",__unit__="s",l="1"} 1']);
  expect(linesOf(ask(store, { text: "m * 2", at: 0 }).value)).toEqual(['{l="1"} 2']);
});

test("series that differ by their type alone are equal without it", () => {
  const store = storeOf(60_000, ['m{__type__="gauge"} 1', 'm{__type__="counter"} 1']);
  expect(() => ask(store, { text: "abs(m)", at: 0 })).toThrow(
    "vector cannot contain metrics with the same labelset",
  );
});

function limited(samplesMax: number): Required<Pick<Asked, "options">> {
  return { options: { samplesMax } };
}

describe("limits", () => {
  // Two series at 5 steps: 4 + 5 points; the function's result counts beside them.
  test.each([
    ["a", 9],
    ["abs(a)", 18],
    ["sum(a)", 9],
    ["rate(a[1m])", 8],
  ])("%s needs %d samples at once", (text, samples) => {
    expect(ask(STORE, { text, at: ALL, ...limited(samples) }).stats.peakSamples).toBe(samples);
    expect(() => ask(STORE, { text, at: ALL, ...limited(samples - 1) })).toThrow(
      new PromqlExecutionError("query processing would load too many samples into memory in query execution"),
    );
    expect(STORE.openSelections).toBe(0);
  });

  it("counts a histogram by its size", () => {
    // (168 + 8 * (1 span + 3 buckets) + 8) / 16
    expect(ask(STORE, { text: "h", at: 0 }).stats.peakSamples).toBe(13);
  });
});

test.each([
  ["timeout", PromqlTimeoutError, "query timed out in expression evaluation"],
  ["canceled", PromqlCanceledError, "query was canceled in expression evaluation"],
] as const)("stops when told: %s", (reason, error, text) => {
  const stopped = { text: "a", at: ALL, options: { shouldStop: () => reason } } as const;
  expect(() => ask(STORE, stopped)).toThrow(error);
  expect(() => ask(STORE, stopped)).toThrow(text);
});

describe("statistics", () => {
  const perStep = { perStepStats: true };

  test.each([
    ["a sample per series and step", "a", ALL, [2, 2, 1, 2, 2], 9],
    ["whole windows", "last_over_time(a[30s])", ALL, [2, 4, 3, 3, 2], 7],
    ["what is computed once counts at every step", "a @ 0", ALL, [2, 2, 2, 2, 2], 2],
  ] as const)("count %s", (_name, text, at, expected, read) => {
    const { stats } = ask(STORE, { text, at, options: perStep });
    expect(stats.totalQueryableSamplesPerStep?.map(([, samples]) => samples)).toEqual(expected);
    expect(stats.totalQueryableSamples).toBe(expected.reduce((a, b) => a + b, 0));
    expect(stats.samplesRead).toBe(read);
  });

  it("leave the steps out unless asked for", () => {
    expect(ask(STORE, { text: "a", at: 0 }).stats.totalQueryableSamplesPerStep).toBeUndefined();
  });
});

test.each([
  [
    "rate(a[1m])",
    'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "a" (1:6)',
  ],
  [
    "a + on() group_left() h",
    'PromQL info: incompatible sample types encountered for binary operator "+": float + histogram (1:1)',
  ],
  ["max(h)", "PromQL info: ignored histogram in max aggregation (1:5)"],
])("%s tells its author", (text, info) => {
  const { infos, warnings } = ask(STORE, { text, at: 45 });
  expect(infos).toEqual([info]);
  expect(warnings).toEqual([]);
});

test("a group of floats and histograms gives a warning and no result", () => {
  const { value, warnings } = ask(STORE, { text: 'sum({__name__=~"a|h"})', at: 45 });
  expect(linesOf(value)).toEqual([]);
  expect(warnings).toEqual([
    "PromQL warning: encountered a mix of histograms and floats for aggregation (1:5)",
  ]);
});

test.each([
  ["a", ALL],
  ["sum(rate(a[1m])) + a", 60],
] as const)("%s passes on once what the store says of damaged files", (text, at) => {
  const damaged = storeOf(15_000, ['a{i="1"} 1 2 3 4']);
  damaged.damage = "block x is damaged";
  expect(ask(damaged, { text, at }).warnings).toEqual(["block x is damaged"]);
  expect(ask(damaged, { text, at, options: { profiles: true } }).warnings).toEqual(["block x is damaged"]);
});
