import { describe, expect, test } from "vitest";
import { effectiveRetention, NO_DISCOVERY, PLAIN_HTTP_CLIENT } from "../../../src/config/index.ts";
import { configOf, job, jobOf, load, problemsOf } from "./loading.ts";

describe("problems", () => {
  test.each([
    [
      "an unknown field is told with what it was probably meant to be",
      "global:\n  scrape_intervall: 5s\n",
      ["prometheus.yml:2:3: global.scrape_intervall: unknown field (did you mean scrape_interval?)"],
    ],
    [
      "an unknown field of a small block is told with the known ones",
      "runtime:\n  threads: 5\n",
      ["prometheus.yml:2:3: runtime.threads: unknown field, expected one of gogc"],
    ],
    [
      "all problems of a file are told, from top to bottom",
      "global: {scrape_interval: 5x, foo: 1}\nscrape_configs:\n- job_name: a\n  honor_labels: 1\n- job_name: a\n",
      [
        'prometheus.yml:1:27: global.scrape_interval: unknown unit "x" in duration "5x", expected a duration such as 30s',
        "prometheus.yml:1:31: global.foo: unknown field",
        "prometheus.yml:4:17: scrape_configs[0].honor_labels: expected true or false, got `1`",
        'prometheus.yml:5:3: scrape_configs[1].job_name: found multiple scrape configs with job name "a"',
      ],
    ],
    [
      "a repeated key points at the second one",
      "global: {}\nrule_files: []\nglobal: {}\n",
      ["prometheus.yml:3:1: global: repeated key, already set on line 1"],
    ],
    [
      "a timeout above its interval is refused",
      job("scrape_interval: 5s\n  scrape_timeout: 6s"),
      [
        'prometheus.yml:4:3: scrape_configs[0].scrape_timeout: scrape timeout greater than scrape interval for scrape config with job name "a"',
      ],
    ],
    [
      "a timeout that is fine by itself is measured at the inherited interval",
      `global: {scrape_interval: 5s}\n${job("scrape_timeout: 6s")}`,
      [
        'prometheus.yml:4:3: scrape_configs[0].scrape_timeout: scrape timeout greater than scrape interval for scrape config with job name "a"',
      ],
    ],
    [
      "an action that cannot be read is the only complaint about its rule",
      job("relabel_configs: [{action: rename}]"),
      ['prometheus.yml:3:30: scrape_configs[0].relabel_configs[0].action: unknown relabel action "rename"'],
    ],
    [
      "a label name is judged by the job's own naming scheme",
      job("metric_name_validation_scheme: legacy\n  relabel_configs: [{target_label: a.b}]"),
      [
        `prometheus.yml:4:21: scrape_configs[0].relabel_configs[0]: "a.b" is invalid 'target_label' for replace action`,
      ],
    ],
    [
      "alert relabeling is judged by the global naming scheme",
      "global: {metric_name_validation_scheme: legacy}\nalerting: {alert_relabel_configs: [{target_label: a.b}]}\n",
      [
        `prometheus.yml:2:36: alerting.alert_relabel_configs[0]: "a.b" is invalid 'target_label' for replace action`,
      ],
    ],
    [
      "an unknown anchor is refused",
      "global: *nope\n",
      ["prometheus.yml:1:9: unknown anchor 'nope' referenced"],
    ],
    [
      "an anchor inside itself is refused",
      "global: &g {external_labels: *g}\n",
      ["prometheus.yml:1:30: anchor 'g' contains itself"],
    ],
    [
      "a merge of something else than mappings is refused",
      "global:\n  <<: 5\n",
      ["prometheus.yml:2:7: map merge requires map or sequence of maps as the value"],
    ],
    [
      "a control character is refused",
      'global: {external_labels: {a: "x\u0001y"}}\n',
      ["prometheus.yml:1:33: control characters are not allowed"],
    ],
    [
      "a text is not a configuration",
      "hello\n",
      ["prometheus.yml:1:1: expected a mapping of keys to values, got `hello`"],
    ],
    [
      "discovery that polls without a pause is refused",
      job("dns_sd_configs: [{names: [a], refresh_interval: 0s}]"),
      [
        "prometheus.yml:3:33: scrape_configs[0].dns_sd_configs[0].refresh_interval: refresh_interval must be greater than 0",
      ],
    ],
    [
      "an empty label name in a target group is refused",
      job('static_configs: [{targets: [x], labels: {"": b}}]'),
      ['prometheus.yml:3:44: scrape_configs[0].static_configs[0].labels: "" is not a valid label name'],
    ],
    [
      "a bad port in a URL is told in Go's words",
      'remote_write: [{url: "http://a:x/"}]\n',
      ['prometheus.yml:1:22: remote_write[0].url: parse "http://a:x/": invalid port ":x" after host'],
    ],
    [
      "a bad URL is told without its password",
      'remote_write: [{url: "http://u:pw@a:x/"}]\n',
      ['prometheus.yml:1:22: remote_write[0].url: parse "http://u:xxxxx@a:x/": invalid port ":x" after host'],
    ],
    [
      "half a signing key is refused",
      "remote_write: [{url: x, sigv4: {access_key: a}}]\n",
      [
        "prometheus.yml:1:33: remote_write[0].sigv4.access_key: access_key and secret_key must be given together",
      ],
    ],
    [
      "a scheme that a job takes over from global is judged where it is used",
      `global: {metric_name_escaping_scheme: none}\n${job("honor_labels: true")}`,
      [
        "prometheus.yml:3:3: scrape_configs[0]: unknown scrape config name escaping method specified, must be one of 'allow-utf-8', 'underscores', 'dots', or 'values', got none",
      ],
    ],
    ["a scheme that no job uses is not judged", "global: {metric_name_escaping_scheme: none}\n", []],
  ])("%s", (_name, text, expected) => {
    expect(problemsOf(text)).toEqual(expected);
  });

  test("the message names the file as Prometheus does and has a line per problem", () => {
    expect(() => load("a: 1\nb: 2\n", { path: "dir/p.yml" })).toThrow(
      "parsing YAML file dir/p.yml: 2 problems\n" +
        "  dir/p.yml:1:1: a: unknown field\n" +
        "  dir/p.yml:2:1: b: unknown field",
    );
  });

  test("a single problem stands on the line of the head", () => {
    expect(() => load("a: 1\n")).toThrow(
      "parsing YAML file prometheus.yml: prometheus.yml:1:1: a: unknown field",
    );
  });

  test("a server's blocks are refused in agent mode", () => {
    expect(problemsOf("rule_files: [a]\nremote_read: []\nalerting: {}\n", { agentMode: true })).toEqual([
      "prometheus.yml:1:1: rule_files: field rule_files is not allowed in agent mode",
      "prometheus.yml:2:1: remote_read: field remote_read is not allowed in agent mode",
      "prometheus.yml:3:1: alerting: field alerting is not allowed in agent mode",
    ]);
  });
});

describe("what is effective", () => {
  test("an empty file has every default", () => {
    const { global, runtime, storage, scrapeConfigs, otlp } = configOf("");
    expect(global).toMatchObject({
      scrapeIntervalMs: 60_000,
      scrapeTimeoutMs: 10_000,
      evaluationIntervalMs: 60_000,
      ruleQueryOffsetMs: 0,
      nameValidation: "utf8",
      nameEscaping: "allow-utf-8",
      scrapeProtocols: undefined,
      extraScrapeMetrics: false,
    });
    expect(runtime).toEqual({ gogc: 75 });
    expect(storage.exemplars.maxExemplars).toBe(100_000);
    expect(storage.tsdb.retention).toBeUndefined();
    expect(otlp.translationStrategy).toBe("UnderscoreEscapingWithSuffixes");
    expect(scrapeConfigs).toEqual([]);
  });

  test("a job without fields has every default", () => {
    const { discovery, ...rest } = jobOf(job("honor_labels: false"));
    expect(discovery).toEqual({ ...NO_DISCOVERY, other: {} });
    expect(rest).toEqual({
      jobName: "a",
      honorLabels: false,
      honorTimestamps: true,
      trackTimestampsStaleness: false,
      params: {},
      scrapeIntervalMs: 60_000,
      scrapeTimeoutMs: 10_000,
      scrapeProtocols: [
        "OpenMetricsText1.0.0",
        "OpenMetricsText0.0.1",
        "PrometheusText1.0.0",
        "PrometheusText0.0.4",
      ],
      fallbackScrapeProtocol: undefined,
      scrapeNativeHistograms: false,
      alwaysScrapeClassicHistograms: false,
      convertClassicHistogramsToNhcb: false,
      extraScrapeMetrics: false,
      metricsPath: "/metrics",
      scheme: "http",
      enableCompression: true,
      bodySizeLimitBytes: 0,
      sampleLimit: 0,
      targetLimit: 0,
      labelLimit: 0,
      labelNameLengthLimit: 0,
      labelValueLengthLimit: 0,
      nativeHistogramBucketLimit: 0,
      nativeHistogramMinBucketFactor: 0,
      keepDroppedTargets: 0,
      scrapeFailureLogFile: "",
      nameValidation: "utf8",
      nameEscaping: "allow-utf-8",
      httpClient: PLAIN_HTTP_CLIENT,
      relabelConfigs: [],
      metricRelabelConfigs: [],
    });
  });

  test.each([
    [
      "is a short interval where nothing is said",
      "global: {scrape_interval: 3s}\n",
      "honor_labels: false",
      3000,
    ],
    ["is cut to the job's interval", "global: {scrape_timeout: 50s}\n", "scrape_interval: 30s", 30_000],
    ["is the global one where it fits", "global: {scrape_timeout: 5s}\n", "scrape_interval: 30s", 5000],
    ["is the job's own", "global: {scrape_timeout: 5s}\n", "scrape_timeout: 8s", 8000],
    ["of 0 counts as none", "", "scrape_timeout: 0s", 10_000],
  ])("the timeout of a job %s", (_name, global, fields, expectedMs) => {
    expect(jobOf(global + job(fields)).scrapeTimeoutMs).toBe(expectedMs);
  });

  test.each([
    [
      "global limits hold for jobs",
      "global: {sample_limit: 5, body_size_limit: 1MB}\n",
      "scheme: http",
      [5, 2 ** 20],
    ],
    ["a job has limits of its own", "global: {sample_limit: 5}\n", "sample_limit: 7", [7, 0]],
    ["a job cannot switch a global limit off", "global: {sample_limit: 5}\n", "sample_limit: 0", [5, 0]],
  ])("%s", (_name, global, fields, expected) => {
    const { sampleLimit, bodySizeLimitBytes } = jobOf(global + job(fields));
    expect([sampleLimit, bodySizeLimitBytes]).toEqual(expected);
  });

  test.each([
    ["utf8 by default", "", "scheme: http", ["utf8", "allow-utf-8"]],
    [
      "the global legacy scheme",
      "global: {metric_name_validation_scheme: legacy}\n",
      "scheme: http",
      ["legacy", "underscores"],
    ],
    ["the job's own legacy scheme", "", "metric_name_validation_scheme: legacy", ["legacy", "underscores"]],
    [
      "the default of the job's own scheme rather than the global escaping",
      "global: {metric_name_escaping_scheme: dots}\n",
      "metric_name_validation_scheme: utf8",
      ["utf8", "allow-utf-8"],
    ],
    [
      "the global escaping",
      "global: {metric_name_escaping_scheme: dots}\n",
      "scheme: http",
      ["utf8", "dots"],
    ],
    ["the job's own escaping", "", "metric_name_escaping_scheme: values", ["utf8", "values"]],
  ])("names follow %s", (_name, global, fields, expected) => {
    const { nameValidation, nameEscaping } = jobOf(global + job(fields));
    expect([nameValidation, nameEscaping]).toEqual(expected);
  });

  test.each([
    ["native histograms are wanted", job("scrape_native_histograms: true"), {}, "PrometheusProto"],
    ["flags prefer it", job("scheme: http"), { defaults: { preferProtobuf: true } }, "PrometheusProto"],
    [
      "the job says otherwise",
      job("scrape_protocols: [PrometheusText0.0.4]"),
      { defaults: { preferProtobuf: true } },
      "PrometheusText0.0.4",
    ],
  ])("protobuf is asked for first when %s", (_name, text, given, expected) => {
    expect(jobOf(text, given).scrapeProtocols[0]).toBe(expected);
  });

  test("a flag sets the default of extra_scrape_metrics, not its value", () => {
    const given = { defaults: { extraScrapeMetrics: true } };
    expect(jobOf(job("scheme: http"), given).extraScrapeMetrics).toBe(true);
    expect(jobOf(job("extra_scrape_metrics: false"), given).extraScrapeMetrics).toBe(false);
    expect(configOf("global: {extra_scrape_metrics: false}", given).global.extraScrapeMetrics).toBe(false);
  });

  test("null is nothing for a text, false for a truth value, and absent for a list or a block", () => {
    const text = job("metrics_path: ~\n  honor_timestamps: ~\n  static_configs: ~\n  basic_auth: ~");
    expect(jobOf(text)).toMatchObject({ metricsPath: "", honorTimestamps: false, discovery: { static: [] } });
    expect(configOf("remote_write: [{url: x, queue_config: ~}]").remoteWrite[0]!.queueConfig.capacity).toBe(
      10_000,
    );
  });

  test("bearer_token becomes authorization", () => {
    expect(jobOf(job("bearer_token: t")).httpClient.authorization).toEqual({
      type: "Bearer",
      credentials: "t",
      credentialsFile: "",
    });
  });

  test("the collector's setting comes from the file, then from the environment", () => {
    const environment = { GOGC: "off" };
    expect(configOf("", { environment }).runtime.gogc).toBe(-1);
    expect(configOf("runtime: {gogc: 50}", { environment }).runtime.gogc).toBe(50);
  });

  test("every part of the result is frozen", () => {
    const loaded = load(job("static_configs: [{targets: [x]}]\n  params: {a: [b]}"));
    const parts: unknown[] = [loaded];
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      if (typeof part !== "object" || part === null) continue;
      expect(Object.isFrozen(part)).toBe(true);
      parts.push(...Object.values(part));
    }
  });
});

describe("variables everywhere, when they are asked for", () => {
  const expanding = { expandsEnvironment: true, environment: { TOKEN: "s3cret", PORT: "9", EMPTY: "" } };

  test("in values of all kinds, not in what relabelling refers to", () => {
    const text = job(
      "scrape_interval: ${PORT}s\n  authorization: {credentials: '${TOKEN}${EMPTY}'}\n" +
        "  relabel_configs: [{target_label: x, replacement: '$1 ${1} $TOKEN $${TOKEN}'}]",
    );
    const found = jobOf(text, expanding);
    expect(found.scrapeIntervalMs).toBe(9000);
    expect(found.httpClient.authorization?.credentials).toBe("s3cret");
    expect(found.relabelConfigs[0]!.replacement).toBe("$1 ${1} $TOKEN ${TOKEN}");
  });

  test("one that is not set is a fault", () => {
    expect(problemsOf(job("metrics_path: /${NOWHERE}"), expanding)).toEqual([
      expect.stringContaining("environment variable NOWHERE is not set"),
    ]);
  });

  test("without the flag the text stays", () => {
    expect(jobOf(job("metrics_path: /${TOKEN}")).metricsPath).toBe("/${TOKEN}");
  });
});

describe("files", () => {
  test("paths start at the directory of the file that names them", () => {
    const text =
      "rule_files: [rules/*.yml, /abs/r.yml]\nscrape_config_files: [jobs/*.yml]\n" +
      job("basic_auth: {username: u, password_file: pw}\n  file_sd_configs: [{files: [t/*.json]}]");
    const files = { "/etc/n/jobs/one.yml": "scrape_configs: [{job_name: b, tls_config: {ca_file: ca.pem}}]" };
    const config = configOf(text, { path: "/etc/n/p.yml", files });
    expect(config.ruleFiles).toEqual(["/etc/n/rules/*.yml", "/abs/r.yml"]);
    expect(config.scrapeConfigs[0]!.httpClient.basicAuth?.passwordFile).toBe("/etc/n/pw");
    expect(config.scrapeConfigs[0]!.discovery.file[0]!.files).toEqual(["/etc/n/t/*.json"]);
    expect(config.scrapeConfigs[1]!.httpClient.tlsConfig?.caFile).toBe("/etc/n/jobs/ca.pem");
  });

  test("jobs of scrape config files come after the main file's and inherit from its global", () => {
    const text = `global: {scrape_interval: 7s}\nscrape_config_files: ["j*.yml"]\n${job("scheme: http")}`;
    const loaded = load(text, { files: { "j1.yml": "scrape_configs: [{job_name: b}]", "j2.yml": "" } });
    expect(loaded.config.scrapeConfigs.map((each) => [each.jobName, each.scrapeIntervalMs])).toEqual([
      ["a", 7000],
      ["b", 7000],
    ]);
    expect(loaded.config.mainScrapeConfigs.map((each) => each.jobName)).toEqual(["a"]);
    expect(loaded.files).toEqual(["prometheus.yml", "j1.yml", "j2.yml"]);
  });

  test("problems of scrape config files are told with theirs", () => {
    const text = `scrape_config_files: ["j*.yml"]\n${job("scheme: http\n  foo: 1")}`;
    const files = { "j1.yml": "global: {}\nscrape_configs: [{job_name: a}]\n" };
    expect(problemsOf(text, { files })).toEqual([
      "prometheus.yml:5:3: scrape_configs[0].foo: unknown field",
      "j1.yml:1:1: global: unknown field, expected one of scrape_configs",
      'j1.yml:2:19: scrape_configs[0].job_name: found multiple scrape configs with job name "a", first found in prometheus.yml',
    ]);
  });
});

describe("retention", () => {
  const flags = { storageRetentionMs: 5000, storageRetentionBytes: 7 };

  test.each([
    ["flags hold where the file is silent", "", { timeMs: 5000, sizeBytes: 7, percentage: 0 }],
    [
      "the file replaces them all",
      "storage: {tsdb: {retention: {time: 1s}}}",
      { timeMs: 1000, sizeBytes: 0, percentage: 0 },
    ],
  ])("%s", (_name, text, expected) => {
    expect(effectiveRetention(configOf(text), flags)).toEqual(expected);
  });
});

describe("fields that nothing acts on yet", () => {
  test.each([
    [
      "a block is told once, not its parts",
      "alerting:\n  alertmanagers: [{oauth2: {client_id: a, token_url: b}}]\n",
      ["1 alerting: alerting"],
    ],
    [
      "discovery by mechanism",
      job("vultr_sd_configs: [{port: 1}]"),
      ["3 scrape_configs[0].vultr_sd_configs: vultr discovery"],
    ],
    ["what asks for nothing is not told", job("scrape_native_histograms: false\n  ec2_sd_configs: []"), []],
    ["static and DNS discovery are there", job("static_configs: []\n  dns_sd_configs: [{names: [x]}]"), []],
    ["all scrape protocols are there", job("scrape_protocols: [PrometheusProto, OpenMetricsText1.0.0]"), []],
    ["native histograms are there", job("scrape_native_histograms: true"), []],
  ])("%s", (_name, text, expected) => {
    const lines = load(text).inactive.map(({ line, path, feature }) => `${line} ${path}: ${feature}`);
    expect(lines).toEqual(expected);
  });
});
