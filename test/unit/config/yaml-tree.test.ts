import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../../../src/config/index.ts";
import { labelsToRecord } from "../../../src/model/index.ts";
import { configOf, job, jobOf, load, problemsOf } from "./loading.ts";

describe("YAML", () => {
  test.each([
    ["yes", true],
    ["Y", true],
    ["ON", true],
    ["TRUE", true],
    ["off", false],
    ["n", false],
  ])("%s is a truth value", (written, expected) => {
    expect(jobOf(job(`honor_labels: ${written}`)).honorLabels).toBe(expected);
  });

  test.each(["tRue", "oN", '"true"', "1"])("%s is no truth value", (written) => {
    expect(problemsOf(job(`honor_labels: ${written}`))).toHaveLength(1);
  });

  test.each([
    ["1_000", 1000],
    ["0x10", 16],
    ["0x1_0", 16],
    ["1e3", 1000],
    [".5e1", 5],
    ["5.", 5],
    ["1.9", 1],
    ["0b11", 3],
    ["017", 15],
    ["0o17", 15],
    ["018", 18],
    ["+5", 5],
    ["-0", 0],
    ['!!int "12"', 12],
    ["18446744073709551615", 2 ** 64],
  ])("%s is a whole number", (written, expected) => {
    expect(jobOf(job(`sample_limit: ${written}`)).sampleLimit).toBe(expected);
  });

  test.each(["99999999999999999999", ".inf", "1:30", "true", '"100"', "-1", "[1]"])(
    "%s is no whole number",
    (written) => {
      expect(problemsOf(job(`sample_limit: ${written}`))).toHaveLength(1);
    },
  );

  test("texts are taken as written", () => {
    const text = "scrape_configs: [{job_name: 2020-01-02, params: {5: [010, 1e3, yes, .5]}}]";
    expect(jobOf(text)).toMatchObject({ jobName: "2020-01-02", params: { 5: ["010", "1e3", "yes", ".5"] } });
  });

  test("tags are followed where they matter", () => {
    expect(jobOf("scrape_configs: [{job_name: !!binary aGVsbG8=, scheme: !foo bar}]")).toMatchObject({
      jobName: "hello",
      scheme: "bar",
    });
  });

  test.each([
    ["a second document is not looked at", "global: {}\n---\nbogus: [\n"],
    ["a byte order mark is skipped", "\ufeffglobal: {}\n"],
    ["line ends may be those of Windows", "global:\r\n  scrape_interval: 5s\r\n"],
    ["a document may be marked", "---\nglobal: {}\n...\n"],
    ["a document may be null", "~\n"],
  ])("%s", (_name, text) => {
    expect(problemsOf(text)).toEqual([]);
  });

  test("merged mappings give what is not said, the first of them winning", () => {
    const text =
      "scrape_configs:\n- &a {job_name: a, scheme: https, metrics_path: /a}\n- &b {job_name: b, metrics_path: /b}\n" +
      "- job_name: c\n  <<: [*b, *a]\n";
    expect(configOf(text).scrapeConfigs[2]).toMatchObject({
      jobName: "c",
      scheme: "https",
      metricsPath: "/b",
    });
  });

  test("label maps may be merged", () => {
    const text = job("static_configs:\n  - labels: &l {a: b}\n  - labels: {<<: *l, c: d}");
    expect(labelsToRecord(jobOf(text).discovery.static[1]!.labels)).toEqual({ a: "b", c: "d" });
  });

  test("nesting without end is an error like others", () => {
    expect(() => load("[".repeat(200_000))).toThrow(ConfigError);
    expect(() => load("{a: ".repeat(100_000))).toThrow(ConfigError);
  });
});

describe("any input", () => {
  const tokens = [
    "global:",
    "scrape_configs:",
    "- job_name: a",
    "  scrape_interval: 5s",
    "- ",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "&a",
    "*a",
    "<<: *a",
    "!!int",
    "|",
    ">",
    "'",
    '"',
    "#",
    "\n",
    "\n  ",
    "\t",
    "~",
    "?",
    "static_configs: [{targets: [x]}]",
    "%YAML 1.1\n",
    "relabel_configs:",
    "regex: (",
    "action: keep",
    "basic_auth: {}",
    "---",
    "...",
    "\u0000",
    "\ud800",
    "1e999",
    "${X",
  ];

  test("gives a configuration or a ConfigError, never anything else", () => {
    const soup = fc.array(fc.oneof(fc.constantFrom(...tokens), fc.string({ maxLength: 5 })), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(soup, (parts) => {
        expect(Array.isArray(problemsOf(parts.join("")))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test("of the shape of YAML gives a configuration or a ConfigError too", () => {
    const key = fc.constantFrom(
      "global",
      "scrape_configs",
      "alerting",
      "alertmanagers",
      "remote_write",
      "remote_read",
      "storage",
      "tsdb",
      "otlp",
      "tracing",
      "job_name",
      "static_configs",
      "targets",
      "labels",
      "dns_sd_configs",
      "kubernetes_sd_configs",
      "names",
      "relabel_configs",
      "regex",
      "source_labels",
      "action",
      "basic_auth",
      "tls_config",
      "url",
      "scrape_interval",
      "x",
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.oneof(
          fc.string({ maxLength: 6 }),
          fc.integer(),
          fc.boolean(),
          fc.constant(null),
          fc.constant("5s"),
        ),
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(key, tie("tree"), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        // JSON is YAML.
        expect(Array.isArray(problemsOf(JSON.stringify(value)))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
