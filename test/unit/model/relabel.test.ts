import { describe, expect, test } from "vitest";
import {
  checkRelabelRule,
  compileRelabel,
  DEFAULT_RELABEL,
  labelsFromRecord,
  labelsToRecord,
  parseRelabelAction,
  type NameScheme,
  type RelabelConfig,
} from "../../../src/model/index.ts";

type Rule = Partial<RelabelConfig>;
type Row = [
  name: string,
  rules: Rule[],
  labels: Record<string, string>,
  expected: Record<string, string> | "dropped",
];

function relabelled(rules: Rule[], labels: Record<string, string>, scheme?: NameScheme) {
  const relabeler = compileRelabel(
    rules.map((rule) => ({ ...DEFAULT_RELABEL, ...rule })),
    scheme,
  );
  const result = relabeler.relabel(labelsFromRecord(labels));
  return result === undefined ? "dropped" : labelsToRecord(result);
}

describe("replace", () => {
  const rows: Row[] = [
    [
      "takes the default regex and replacement",
      [{ sourceLabels: ["a"], targetLabel: "b" }],
      { a: "1" },
      { a: "1", b: "1" },
    ],
    [
      "joins sources, a missing one as empty text",
      [{ sourceLabels: ["a", "x", "b"], separator: "|", targetLabel: "c" }],
      { a: "1", b: "2" },
      { a: "1", b: "2", c: "1||2" },
    ],
    [
      "changes nothing without a match",
      [{ sourceLabels: ["a"], regex: "x", targetLabel: "a" }],
      { a: "1" },
      { a: "1" },
    ],
    [
      "expands groups in target and replacement",
      [{ sourceLabels: ["a"], regex: "(?P<k>.+)=(.+)", targetLabel: "t_${k}", replacement: "$2-$$-$0" }],
      { a: "key=val" },
      { a: "key=val", t_key: "val-$-key=val" },
    ],
    [
      "deletes the target when the result is empty",
      [{ sourceLabels: ["a"], regex: "(x?).*", targetLabel: "b" }],
      { a: "1", b: "2" },
      { a: "1" },
    ],
    [
      "sets a fixed text outright",
      [{ targetLabel: "b", replacement: "fixed" }],
      { a: "1" },
      { a: "1", b: "fixed" },
    ],
    [
      "deletes with a fixed empty text",
      [{ targetLabel: "a", replacement: "" }],
      { a: "1", b: "2" },
      { b: "2" },
    ],
    [
      "does nothing when the target comes out empty",
      [{ sourceLabels: ["a"], targetLabel: "$2" }],
      { a: "1" },
      { a: "1" },
    ],
    [
      "sees a label that an earlier rule set",
      [
        { targetLabel: "t", replacement: "x" },
        { sourceLabels: ["t"], targetLabel: "u" },
      ],
      { a: "1" },
      { a: "1", t: "x", u: "x" },
    ],
    [
      "matches newlines with a dot",
      [{ sourceLabels: ["a"], regex: "x.y", targetLabel: "b", replacement: "ok" }],
      { a: "x\ny" },
      { a: "x\ny", b: "ok" },
    ],
  ];
  test.each(rows)("%s", (_name, rules, labels, expected) =>
    expect(relabelled(rules, labels)).toEqual(expected),
  );

  test("the scheme decides which expanded targets are names", () => {
    const rules: Rule[] = [{ sourceLabels: ["a"], targetLabel: "$1", replacement: "x" }];
    expect(relabelled(rules, { a: "b c" }, "utf8")).toEqual({ a: "b c", "b c": "x" });
    expect(relabelled(rules, { a: "b c" }, "legacy")).toEqual({ a: "b c" });
  });
});

describe("the other actions", () => {
  const rows: Row[] = [
    ["keep keeps a match", [{ action: "keep", sourceLabels: ["a"], regex: "1|2" }], { a: "2" }, { a: "2" }],
    ["keep drops the rest", [{ action: "keep", sourceLabels: ["a"], regex: "1|2" }], { a: "12" }, "dropped"],
    ["drop drops a match", [{ action: "drop", sourceLabels: ["a"], regex: "1" }], { a: "1" }, "dropped"],
    ["drop by default drops everything", [{ action: "drop" }], { a: "1" }, "dropped"],
    [
      "the first drop stops",
      [{ action: "drop" }, { targetLabel: "a", replacement: "x" }],
      { a: "1" },
      "dropped",
    ],
    [
      "keepequal compares with the target",
      [{ action: "keepequal", sourceLabels: ["a"], targetLabel: "b" }],
      { a: "1", b: "1" },
      { a: "1", b: "1" },
    ],
    [
      "keepequal drops what differs",
      [{ action: "keepequal", sourceLabels: ["a"], targetLabel: "b" }],
      { a: "1" },
      "dropped",
    ],
    [
      "dropequal drops what is equal",
      [{ action: "dropequal", sourceLabels: ["a"], targetLabel: "b" }],
      { a: "1", b: "1" },
      "dropped",
    ],
    [
      "hashmod writes the rest of the hash",
      [{ action: "hashmod", sourceLabels: ["a"], targetLabel: "h", modulus: 1000 }],
      { a: "127.0.0.1:9100" },
      { a: "127.0.0.1:9100", h: "150" },
    ],
    [
      "hashmod of several labels",
      [{ action: "hashmod", sourceLabels: ["x", "y"], targetLabel: "h", modulus: 1_000_000 }],
      { x: "a", y: "b" },
      { x: "a", y: "b", h: "480074" },
    ],
    [
      "lowercase",
      [{ action: "lowercase", sourceLabels: ["a"], targetLabel: "a" }],
      { a: "ÀBİΣ" },
      { a: "àbiσ" },
    ],
    [
      "uppercase",
      [{ action: "uppercase", sourceLabels: ["a"], targetLabel: "a" }],
      { a: "àbß" },
      { a: "ÀBß" },
    ],
    [
      "labelmap copies matching names",
      [{ action: "labelmap", regex: "__meta_(.+)" }],
      { __meta_x: "1", __meta_y: "2", z: "3" },
      { __meta_x: "1", __meta_y: "2", x: "1", y: "2", z: "3" },
    ],
    [
      "labelmap sees the labels before the rule",
      [{ action: "labelmap", regex: "(a+)", replacement: "a$1" }],
      { a: "1", aa: "2" },
      { a: "1", aa: "1", aaa: "2" },
    ],
    [
      "labelmap onto one name takes the last",
      [{ action: "labelmap", regex: "a.", replacement: "b" }],
      { a1: "1", a2: "2" },
      { a1: "1", a2: "2", b: "2" },
    ],
    [
      "labelmap takes set labels after those of the base",
      [
        { targetLabel: "a1", replacement: "new" },
        { action: "labelmap", regex: "a.", replacement: "b" },
      ],
      { a1: "1", a2: "2" },
      { a1: "new", a2: "2", b: "new" },
    ],
    ["labeldrop", [{ action: "labeldrop", regex: "a|c" }], { a: "1", b: "2", c: "3" }, { b: "2" }],
    ["labelkeep", [{ action: "labelkeep", regex: "a|c" }], { a: "1", b: "2", c: "3" }, { a: "1", c: "3" }],
    [
      "a label deleted and set again is there",
      [
        { action: "labeldrop", regex: "a" },
        { targetLabel: "a", replacement: "x" },
      ],
      { a: "1" },
      { a: "x" },
    ],
  ];
  test.each(rows)("%s", (_name, rules, labels, expected) =>
    expect(relabelled(rules, labels)).toEqual(expected),
  );

  test("rules that change nothing give back the same set", () => {
    const labels = labelsFromRecord({ a: "1" });
    expect(compileRelabel([]).relabel(labels)).toBe(labels);
    expect(
      compileRelabel([{ ...DEFAULT_RELABEL, action: "keep", sourceLabels: ["a"] }]).relabel(labels),
    ).toBe(labels);
  });
});

describe("a faulty rule is refused in upstream's words", () => {
  const nothingSet = { sourceLabels: false, regex: false };
  const rows: [Rule, Partial<typeof nothingSet>, NameScheme, string | undefined][] = [
    [
      { action: "hashmod", targetLabel: "a" },
      {},
      "utf8",
      "relabel configuration for hashmod requires non-zero modulus",
    ],
    [{}, {}, "utf8", "relabel configuration for replace action requires 'target_label' value"],
    [
      { action: "keepequal" },
      {},
      "utf8",
      "relabel configuration for keepequal action requires 'target_label' value",
    ],
    [{ targetLabel: "a b" }, {}, "utf8", undefined],
    [{ targetLabel: "a b" }, {}, "legacy", `"a b" is invalid 'target_label' for replace action`],
    [{ targetLabel: "a_${x}_$1" }, {}, "legacy", undefined],
    [{ targetLabel: "$1" }, {}, "legacy", undefined],
    [{ targetLabel: "a_${x" }, {}, "legacy", `"a_\${x" is invalid 'target_label' for replace action`],
    [
      { action: "uppercase", targetLabel: "$1" },
      {},
      "legacy",
      `"$1" is invalid 'target_label' for uppercase action`,
    ],
    [
      { action: "lowercase", targetLabel: "a", replacement: "x" },
      {},
      "utf8",
      "'replacement' can not be set for lowercase action",
    ],
    [{ action: "labelmap", replacement: "" }, {}, "utf8", `"" is invalid 'replacement' for labelmap action`],
    [
      { action: "labelmap", replacement: "a-$1" },
      {},
      "legacy",
      `"a-$1" is invalid 'replacement' for labelmap action`,
    ],
    [{ action: "labelmap" }, {}, "legacy", undefined],
    [{ action: "dropequal", targetLabel: "a" }, { sourceLabels: true }, "utf8", undefined],
    [
      { action: "dropequal", targetLabel: "a", separator: "-" },
      {},
      "utf8",
      "dropequal action requires only 'source_labels' and `target_label`, and no other fields",
    ],
    [
      { action: "keepequal", targetLabel: "a" },
      { regex: true },
      "utf8",
      "keepequal action requires only 'source_labels' and `target_label`, and no other fields",
    ],
    [{ action: "labeldrop" }, { regex: true }, "utf8", undefined],
    [
      { action: "labeldrop" },
      { sourceLabels: true },
      "utf8",
      "labeldrop action requires only 'regex', and no other fields",
    ],
    [
      { action: "labelkeep", targetLabel: "a" },
      {},
      "utf8",
      "labelkeep action requires only 'regex', and no other fields",
    ],
  ];
  test.each(rows)("%j %j %s", (rule, fieldsSet, scheme, expected) => {
    const config = { ...DEFAULT_RELABEL, ...rule };
    expect(checkRelabelRule(config, { ...nothingSet, ...fieldsSet }, scheme)).toBe(expected);
  });

  test("actions are named in any case", () => {
    expect(parseRelabelAction("LabelMap")).toBe("labelmap");
    expect(parseRelabelAction("")).toBeUndefined();
    expect(parseRelabelAction("toString")).toBeUndefined();
  });
});
