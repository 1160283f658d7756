import { expect, test } from "vitest";
import { compileRelabel, DEFAULT_RELABEL, labelsFromRecord, labelsText } from "../../../src/model/index.ts";
import { labelSample, type LabelRules } from "../../../src/scrape/sample-labels.ts";

const RULES: LabelRules = {
  honorLabels: false,
  relabeler: compileRelabel([]),
  nameValidation: "utf8",
  labelLimit: 0,
  labelNameLengthLimit: 0,
  labelValueLengthLimit: 0,
};
const TARGET = labelsFromRecord({ job: "j", instance: "h:1" });

function stored(exposed: readonly string[], rules: Partial<LabelRules> = {}): string {
  const labels = labelSample(["__name__", ...exposed], TARGET, { ...RULES, ...rules });
  return labels === undefined ? "dropped" : labelsText(labels);
}

const JOINED: readonly (readonly [string, readonly string[], Partial<LabelRules>, string])[] = [
  ["target labels are added", ["a"], {}, '{__name__="a", instance="h:1", job="j"}'],
  ["empty values go", ["a", "x", ""], {}, '{__name__="a", instance="h:1", job="j"}'],
  [
    "an exposed label in the way of a target label moves",
    ["a", "job", "mine"],
    {},
    '{__name__="a", exported_job="mine", instance="h:1", job="j"}',
  ],
  [
    "the moved name moves on when it is taken",
    ["a", "job", "mine", "exported_job", "e"],
    {},
    '{__name__="a", exported_exported_job="mine", exported_job="e", instance="h:1", job="j"}',
  ],
  ["an exposed empty value moves nothing", ["a", "job", ""], {}, '{__name__="a", instance="h:1", job="j"}'],
  [
    "honor_labels keeps what is exposed",
    ["a", "job", "mine"],
    { honorLabels: true },
    '{__name__="a", instance="h:1", job="mine"}',
  ],
  [
    "honor_labels lets an empty value keep a target label off",
    ["a", "instance", ""],
    { honorLabels: true },
    '{__name__="a", job="j"}',
  ],
  [
    "a dropped sample may break any other rule",
    ["a", "x", "1", "x", "2"],
    { relabeler: compileRelabel([{ ...DEFAULT_RELABEL, action: "drop", sourceLabels: ["__name__"] }]) },
    "dropped",
  ],
];

test.each(JOINED)("%s", (_, exposed, rules, expected) => {
  expect(stored(exposed, rules)).toBe(expected);
});

test("conflicts are settled shortest name first", () => {
  const target = labelsFromRecord({ a: "1", exported_a: "2" });
  const labels = labelSample(["__name__", "m", "exported_a", "y", "a", "x"], target, RULES);
  expect(labelsText(labels!)).toBe(
    '{__name__="m", a="1", exported_a="2", exported_exported_a="x", exported_exported_exported_a="y"}',
  );
});

const LONG = "v".repeat(60);
const REFUSED: readonly (readonly [readonly string[], Partial<LabelRules>, string])[] = [
  [["", "x", "1"], {}, "missing metric name (__name__ label)"],
  [["a", "", "1"], {}, 'invalid metric name or label names: {""="1", __name__="a", instance="h:1", job="j"}'],
  [
    ["x y"],
    { nameValidation: "legacy" },
    'invalid metric name or label names: {__name__="x y", instance="h:1", job="j"}',
  ],
  [["a", "x", "1", "x", "2"], {}, 'label name "x" is not unique: invalid sample'],
  [["a", "__name__", "b"], {}, 'label name "__name__" is not unique: invalid sample'],
  [["a"], { labelLimit: 2 }, "label_limit exceeded (metric: a, number of labels: 3, limit: 2)"],
  [
    ["a"],
    { labelNameLengthLimit: 5 },
    "label_name_length_limit exceeded (metric: a, label name: __name__, length: 8, limit: 5)",
  ],
  [
    ["a", "x", LONG],
    { labelValueLengthLimit: 9 },
    `label_value_length_limit exceeded (metric: a, label name: x, value: "${LONG.slice(0, 50)}", length: 60, limit: 9)`,
  ],
];

test.each(REFUSED)("%j with %o is refused in Prometheus's words", (exposed, rules, message) => {
  expect(() => stored(exposed, rules)).toThrow(expect.objectContaining({ message }));
});

test("lengths are counted in bytes", () => {
  expect(() => stored(["a", "x", "éé"], { labelValueLengthLimit: 3 })).toThrow("length: 4, limit: 3");
});
