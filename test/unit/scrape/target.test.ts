import { expect, test } from "vitest";
import { compileRelabel, labelsText, labelsToRecord } from "../../../src/model/index.ts";
import { buildTarget, type Target, type TargetOutcome } from "../../../src/scrape/target.ts";
import { group, job, jobs } from "./setup.ts";

function build(
  yaml: readonly string[],
  labels: Readonly<Record<string, string>> = {},
  address = "h:1",
): TargetOutcome {
  const [config] = jobs(job("j", yaml));
  const found = group([address], labels);
  return buildTarget(found.targets[0]!, found, config!, compileRelabel(config!.relabelConfigs));
}

function active(...input: Parameters<typeof build>): Target {
  const outcome = build(...input);
  if (outcome.kind !== "active") throw new Error(`expected an active target, got ${JSON.stringify(outcome)}`);
  return outcome.target;
}

function relabel(...rules: readonly string[]): string[] {
  return ["relabel_configs:", ...rules.map((rule) => `- {${rule}}`)];
}

test("discovered labels hold group labels and the job's defaults", () => {
  const target = active(["scrape_timeout: 5s", "params: {module: [http, dns]}"], { env: "x", job: "other" });
  expect(labelsToRecord(target.discoveredLabels)).toEqual({
    __address__: "h:1",
    __always_scrape_classic_histograms__: "false",
    __convert_classic_histograms_to_nhcb__: "false",
    __metrics_path__: "/metrics",
    __param_module: "http",
    __scheme__: "http",
    __scrape_interval__: "10s",
    __scrape_native_histograms__: "false",
    __scrape_timeout__: "5s",
    env: "x",
    job: "other",
  });
  expect(labelsText(target.labels)).toBe('{env="x", instance="h:1", job="other"}');
  expect(target).toMatchObject({
    intervalMs: 10_000,
    timeoutMs: 5000,
    intervalText: "10s",
    timeoutText: "5s",
  });
});

test("instance is the address after relabelling, unless it is set", () => {
  expect(labelsText(active(relabel('target_label: __address__, replacement: "x:9"')).labels)).toBe(
    '{instance="x:9", job="j"}',
  );
  expect(labelsText(active([], { instance: "mine" }).labels)).toBe('{instance="mine", job="j"}');
});

test("a rule may set address, path, scheme, parameters, interval and timeout", () => {
  const target = active(
    relabel(
      "source_labels: [__address__], target_label: __param_target",
      'target_label: __address__, replacement: "blackbox:9115"',
      'target_label: __metrics_path__, replacement: "/probe"',
      'target_label: __scheme__, replacement: "https"',
      'target_label: __scrape_interval__, replacement: "30s"',
      'target_label: __scrape_timeout__, replacement: "20s"',
    ),
  );
  expect(target).toMatchObject({
    url: "https://blackbox:9115/probe?target=h%3A1",
    intervalMs: 30_000,
    timeoutMs: 20_000,
    request: { scheme: "https", host: "blackbox", port: 9115, path: "/probe?target=h%3A1" },
  });
});

test("meta and other internal labels do not reach samples", () => {
  const target = active(relabel("target_label: __tmp_x, replacement: y"), { __meta_zone: "z" });
  expect(labelsText(target.labels)).toBe('{instance="h:1", job="j"}');
});

const URLS: readonly (readonly [readonly string[], string, string])[] = [
  [[], "DOCKER_HOST:9323", "http://DOCKER_HOST:9323/metrics"],
  [[], "iotd", "http://iotd/metrics"],
  [[], "[::1]:9100", "http://[::1]:9100/metrics"],
  [["metrics_path: /a b?c%d(é)"], "h:1", "http://h:1/a%20b%3Fc%25d%28%C3%A9%29"],
  [['metrics_path: "/x$&+,:;=@-_.~"'], "h:1", "http://h:1/x$&+,:;=@-_.~"],
  [['params: {z: ["1", "2 3"], a: ["/*&é"]}'], "h:1", "http://h:1/metrics?a=%2F%2A%26%C3%A9&z=1&z=2+3"],
];

test.each(URLS)("the URL with %j and address %s is %s", (yaml, address, url) => {
  expect(active(yaml, {}, address).url).toBe(url);
});

test("a parameter label replaces the first value only", () => {
  const target = active(["params: {x: [a, b]}", ...relabel("target_label: __param_x, replacement: c")]);
  expect(target.url).toBe("http://h:1/metrics?x=c&x=b");
});

const REFUSED: readonly (readonly [string, string])[] = [
  ['target_label: __address__, replacement: ""', "no address"],
  ['target_label: __address__, replacement: "http://h"', '"http://h" is not a valid hostname'],
  [
    "target_label: __scrape_interval__, replacement: x",
    'error parsing scrape interval: not a valid duration string: "x"',
  ],
  ["target_label: __scrape_interval__, replacement: 0s", "scrape interval cannot be 0"],
  ["target_label: __scrape_timeout__, replacement: 0s", "scrape timeout cannot be 0"],
  [
    "target_label: __scrape_interval__, replacement: 3s",
    'scrape timeout cannot be greater than scrape interval ("10s" > "3s")',
  ],
  [
    "target_label: __scrape_native_histograms__, replacement: maybe",
    'error parsing __scrape_native_histograms__: "maybe" is not a boolean, expected true or false',
  ],
];

test.each(REFUSED)("%s refuses the target", (rule, reason) => {
  expect(build(relabel(rule))).toMatchObject({ kind: "refused", reason });
});

test("a dropped target keeps its discovered labels for display", () => {
  const outcome = build(relabel("source_labels: [__address__], regex: 'h:.*', action: drop"));
  expect(outcome).toEqual({ kind: "dropped", discoveredLabels: active([]).discoveredLabels });
});

test("a target is the same while its labels and URL are, and keeps its table over a change of interval", () => {
  const target = active([]);
  expect(active([]).identity).toBe(target.identity);
  expect(active([], { env: "x" }).identity).not.toBe(target.identity);
  expect(active(["metrics_path: /x"]).identity).not.toBe(target.identity);
  const slower = active(["scrape_interval: 30s"]);
  expect(slower.identity).not.toBe(target.identity);
  expect(slower.tableKey).toBe(target.tableKey);
  expect(active([], { env: "x" }).tableKey).not.toBe(target.tableKey);
});

test("a URL that can't be requested is kept with the reason", () => {
  expect(active(relabel("target_label: __scheme__, replacement: ftp")).request).toBe(
    'unsupported protocol scheme "ftp"',
  );
});
