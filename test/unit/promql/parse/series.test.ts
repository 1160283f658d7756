import { describe, expect, it } from "vitest";

import { labelsText } from "../../../../src/model/index.ts";
import {
  parseMetric,
  parseSeriesDescription,
  PromqlParseError,
  type SeriesPoint,
} from "../../../../src/promql/parse/index.ts";

function shown(point: SeriesPoint): unknown {
  if (point.kind === "float") return point.value;
  return point.kind === "histogram" ? point.histogram.sum : point.kind;
}

function points(items: string): unknown[] {
  return parseSeriesDescription(`up ${items}`).points.map(shown);
}

function errorOf(text: string): string {
  try {
    return `no error, ${parseSeriesDescription(text).points.length} points`;
  } catch (thrown) {
    if (thrown instanceof PromqlParseError) return thrown.message;
    throw thrown;
  }
}

describe("items", () => {
  it.each([
    ["", []],
    ["1 2  3", [1, 2, 3]],
    ["_ _x2", ["gap", "gap", "gap"]],
    ["1x2", [1, 1, 1]],
    ["0+10x3", [0, 10, 20, 30]],
    ["1-2x2", [1, -1, -3]],
    ["-1-2x1", [-1, -3]],
    ["0.1+0.1x2", [0.1, 0.2, 0.30000000000000004]],
    ["stale 1", ["stale", 1]],
    ["NaN Inf -Inf +Inf 1e3 010", [NaN, Infinity, -Infinity, Infinity, 1000, 8]],
    ["{{}} {{sum:2}}x1", [0, 2, 2]],
    ["{{sum:1 count:1}}+{{sum:2 count:1}}x2", [1, 3, 5]],
    ["{{sum:5}}-{{sum:2}}x1", [5, 3]],
  ])("%s", (items, expected) => expect(points(items)).toEqual(expected));
});

it("a histogram has all its fields", () => {
  const text =
    "{{schema:1 sum:-0.3 count:3.5 z_bucket:7.1 z_bucket_w:0.05 buckets:[5.1 10 7 ] offset:-3 n_buckets:[4 Inf] " +
    "n_offset:2 counter_reset_hint:gauge}}";
  expect(parseSeriesDescription(`h ${text}`).points).toMatchObject([
    {
      kind: "histogram",
      hasHint: true,
      histogram: {
        schema: 1,
        sum: -0.3,
        count: 3.5,
        zeroCount: 7.1,
        zeroThreshold: 0.05,
        positiveBuckets: [5.1, 10, 7],
        positiveSpans: [{ offset: -3, length: 3 }],
        negativeBuckets: [4, Infinity],
        negativeSpans: [{ offset: 2, length: 2 }],
        resetHint: "gauge",
      },
    },
  ]);
  const custom = parseSeriesDescription("h {{schema:-53 custom_values:[1 2] buckets:[1 2 3]}}").points;
  expect(custom).toMatchObject([{ hasHint: false, histogram: { schema: -53, customBounds: [1, 2] } }]);
});

describe("metrics", () => {
  it.each([
    ["up", '{__name__="up"}'],
    ["a:b{c='d',}", '{__name__="a:b", c="d"}'],
    ['{"a b", "c d"="e"}', '{__name__="a b", "c d"="e"}'],
    ['{ a = "b" , c = `d` }', '{a="b", c="d"}'],
    ["{}", "{}"],
    ["sum", '{__name__="sum"}'],
  ])("%s", (text, expected) => expect(labelsText(parseMetric(text))).toBe(expected));
});

describe("errors have Prometheus's words", () => {
  it.each([
    [
      "up stalex5",
      '1:4: parse error: unexpected identifier "stalex5" in series values, expected number or "stale"',
    ],
    ["up 1x", "1:6: parse error: unexpected end of input in series values"],
    ["up 1+1", "1:7: parse error: unexpected end of input in series values"],
    ["up 1x-5", "1:6: parse error: unexpected <op:-> in series values"],
    ["up 0x1F", '1:6: parse error: bad number syntax: "1"'],
    [
      "up 1x1.5",
      '1:6: parse error: invalid repetition in series values: strconv.ParseUint: parsing "1.5": invalid syntax',
    ],
    ["up{a} 1", '1:5: parse error: unexpected "}" in label set, expected "="'],
    ["up{a=b} 1", '1:6: parse error: unexpected identifier "b" in label set, expected string'],
    ['up{a="b" c="d"} 1', '1:10: parse error: unexpected identifier "c" in label set, expected "," or "}"'],
    ["up{+} 1", '1:4: parse error: unexpected <op:+> in label set, expected identifier or "}"'],
    ["up{", "1:4: parse error: unexpected end of input inside braces"],
    ['up{a="b"}1', '1:10: parse error: unexpected number "1" in series values'],
    ["up {{foo:1}}", '1:6: parse error: bad histogram descriptor found: "foo"'],
    ["up {{schema:1", "1:14: parse error: histogram description incomplete unexpected: '\ufffd'"],
    ["up {{buckets:[1,2]}}", "1:16: parse error: invalid character in buckets description: ','"],
    ["up {{sum 1}}", "1:9: parse error: missing `:` for histogram descriptor"],
    ["up {{counter_reset_hint:foo}}", '1:25: parse error: bad histogram descriptor found: "foo"'],
    [
      "up {{schema:1}}+{{}}x3",
      "1:23: parse error: error combining histograms: cannot merge from schema 0 to 1",
    ],
    ["up 1x99999999999", "1:17: parse error: the series has more than 10000000 values"],
    ['up{a="1",a="2"} 1', '1:1: parse error: label "a" is set twice'],
  ])("%s", (text, message) => expect(errorOf(text)).toBe(message));
});
