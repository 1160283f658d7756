import { describe, expect, test } from "vitest";
import { loadConfig, renderConfig, type Config } from "../../../src/config/index.ts";

const files = { read: () => "", match: () => [] };

function configOf(text: string): Config {
  return loadConfig({ path: "prometheus.yml", text, files, environment: {} }).config;
}

const DEFAULTS = `\
global:
  scrape_interval: 1m
  scrape_timeout: 10s
  evaluation_interval: 1m
  metric_name_validation_scheme: utf8
  metric_name_escaping_scheme: allow-utf-8
  scrape_native_histograms: false
  extra_scrape_metrics: false
runtime:
  gogc: 75
`;

const OTLP_DEFAULTS = `\
otlp:
  translation_strategy: UnderscoreEscapingWithSuffixes
  label_name_underscore_sanitization: true
  label_name_preserve_multiple_underscores: true
`;

describe("the effective configuration", () => {
  test("of an empty file shows the defaults", () => {
    expect(renderConfig(configOf(""))).toBe(DEFAULTS + OTLP_DEFAULTS);
  });

  test("shows what a job inherits, and no secrets", () => {
    const text = `
scrape_configs:
- job_name: 123
  params: {b: [x], a: ["yes", "1"]}
  body_size_limit: 1.5MB
  authorization: {credentials: very-secret}
  http_headers: {X-A: {values: [v], secrets: [very-secret]}}
  proxy_url: http://u:very-secret@p.example:3128
  relabel_configs: [{source_labels: [a, b], separator: "", target_label: c, replacement: ""}]
  metric_relabel_configs: [{source_labels: [__name__], regex: go_.*, action: DROP}]
  dns_sd_configs: [{names: [x.example], type: a, port: 80}]
  static_configs: [{targets: ["[::1]:9100"], labels: {z: "1", b: c}}]
  http_sd_configs: [{url: "http://sd.example/", basic_auth: {username: u, password: very-secret}}]
`;
    expect(renderConfig(configOf(text))).toBe(`${DEFAULTS}\
scrape_configs:
- job_name: "123"
  honor_timestamps: true
  track_timestamps_staleness: false
  params:
    a:
    - "yes"
    - "1"
    b:
    - x
  scrape_interval: 1m
  scrape_timeout: 10s
  scrape_protocols:
  - OpenMetricsText1.0.0
  - OpenMetricsText0.0.1
  - PrometheusText1.0.0
  - PrometheusText0.0.4
  scrape_native_histograms: false
  always_scrape_classic_histograms: false
  convert_classic_histograms_to_nhcb: false
  metrics_path: /metrics
  scheme: http
  enable_compression: true
  body_size_limit: 1MiB512KiB
  metric_name_validation_scheme: utf8
  metric_name_escaping_scheme: allow-utf-8
  extra_scrape_metrics: false
  authorization:
    type: Bearer
    credentials: <secret>
  follow_redirects: true
  enable_http2: true
  proxy_url: http://u:xxxxx@p.example:3128
  http_headers:
    X-A:
      values:
      - v
      secrets:
      - <secret>
  relabel_configs:
  - source_labels: [a, b]
    separator: ""
    target_label: c
    replacement: ""
    action: replace
  metric_relabel_configs:
  - source_labels: [__name__]
    separator: ;
    regex: go_.*
    replacement: $1
    action: drop
  dns_sd_configs:
  - names:
    - x.example
    refresh_interval: 30s
    type: A
    port: 80
  http_sd_configs:
  - basic_auth:
      username: u
      password: <secret>
    follow_redirects: true
    enable_http2: true
    refresh_interval: 1m
    url: http://sd.example/
  static_configs:
  - targets:
    - "[::1]:9100"
    labels:
      b: c
      z: "1"
${OTLP_DEFAULTS}`);
  });

  test("shows the other blocks", () => {
    const text = `
rule_files: [r.yml]
alerting: {alertmanagers: [{static_configs: [{targets: [am]}]}]}
storage: {tsdb: {out_of_order_time_window: 30m, retention: {time: 30d, size: 1GB}}, exemplars: {max_exemplars: 5}}
tracing: {endpoint: x}
remote_write: [{url: "http://rw.example/", send_exemplars: true}]
remote_read: [{url: "http://rr.example/"}]
`;
    const [, shown] = renderConfig(configOf(text)).split("  gogc: 75\n");
    expect(shown).toBe(`\
alerting:
  alertmanagers:
  - follow_redirects: true
    enable_http2: true
    scheme: http
    timeout: 10s
    api_version: v2
    static_configs:
    - targets:
      - am
rule_files:
- r.yml
storage:
  tsdb:
    out_of_order_time_window: 30m
    retention:
      time: 30d
      size: 1GiB
  exemplars:
    max_exemplars: 5
tracing:
  client_type: grpc
  endpoint: x
remote_write:
- url: http://rw.example/
  remote_timeout: 30s
  send_exemplars: true
  protobuf_message: prometheus.WriteRequest
  follow_redirects: true
  enable_http2: false
  queue_config:
    capacity: 10000
    max_shards: 50
    min_shards: 1
    max_samples_per_send: 2000
    batch_send_deadline: 5s
    min_backoff: 30ms
    max_backoff: 5s
  metadata_config:
    send: true
    send_interval: 1m
    max_samples_per_send: 2000
remote_read:
- url: http://rr.example/
  remote_timeout: 1m
  chunked_read_limit: 50000000
  follow_redirects: true
  enable_http2: true
  filter_external_labels: true
${OTLP_DEFAULTS}`);
  });

  test("may be loaded again and is then the same", () => {
    const text = `
global: {scrape_interval: 5s, external_labels: {a: "yes", b: "1e3"}}
scrape_configs:
- job_name: "on"
  scheme: "0x10"
  tls_config: {ca_file: ca.pem}
  relabel_configs: [{source_labels: ["a,b", "c d"], regex: "(a|b):.*", target_label: x}]
  static_configs: [{targets: ["~", "null", "<<", "- a", "a: b", "# c", "'", "x\\ny"]}]
`;
    const once = renderConfig(configOf(text));
    expect(renderConfig(configOf(once))).toBe(once);
  });

  test.each([
    ["scrape_configs", "basic_auth: {username: u, password: very-secret}"],
    ["scrape_configs", "bearer_token: very-secret"],
    ["scrape_configs", "oauth2: {client_id: a, token_url: b, client_secret: very-secret}"],
    ["scrape_configs", "oauth2: {client_id: a, token_url: b, client_certificate_key: very-secret}"],
    ["scrape_configs", "tls_config: {cert: c, key: very-secret}"],
    ["scrape_configs", "proxy_url: http://p\n  proxy_connect_header: {X: [very-secret]}"],
    [
      "scrape_configs",
      "azure_sd_configs: [{subscription_id: a, tenant_id: b, client_id: c, client_secret: very-secret}]",
    ],
    ["scrape_configs", "consul_sd_configs: [{token: very-secret}, {username: u, password: very-secret}]"],
    ["scrape_configs", "ec2_sd_configs: [{access_key: a, secret_key: very-secret}]"],
    ["scrape_configs", "marathon_sd_configs: [{servers: [s], auth_token: very-secret}]"],
    [
      "scrape_configs",
      "openstack_sd_configs: [{region: r, role: instance, password: very-secret, application_credential_secret: very-secret}]",
    ],
    [
      "scrape_configs",
      "ovhcloud_sd_configs: [{application_key: a, application_secret: very-secret, consumer_key: very-secret, service: vps}]",
    ],
    [
      "scrape_configs",
      "scaleway_sd_configs: [{project_id: p, access_key: a, role: instance, secret_key: very-secret}]",
    ],
    ["scrape_configs", "uyuni_sd_configs: [{server: s, username: u, password: very-secret}]"],
    ["remote_write", "sigv4: {access_key: a, secret_key: very-secret}"],
    ["remote_write", "azuread: {oauth: {client_id: a, client_secret: very-secret, tenant_id: b}}"],
  ])("hides the secrets of %s with %s", (list, fields) => {
    const shown = renderConfig(
      configOf(`${list}:\n- ${list === "remote_write" ? "url: x" : "job_name: a"}\n  ${fields}\n`),
    );
    expect(shown).toContain("<secret>");
    expect(shown).not.toContain("very-secret");
  });
});
