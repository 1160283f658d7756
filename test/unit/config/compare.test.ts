import { describe, expect, test } from "vitest";
import {
  cacheKeepingChange,
  loadConfig,
  sameScrapeConfig,
  type ScrapeConfig,
} from "../../../src/config/index.ts";

function jobOf(fields: string): ScrapeConfig {
  const text = `scrape_configs:\n- job_name: a\n  ${fields}\n`;
  const files = { read: () => "", match: () => [] };
  return loadConfig({ path: "p.yml", text, files, environment: {} }).config.scrapeConfigs[0]!;
}

const BASE = "static_configs: [{targets: [x]}]";

describe("what a reload does to a job", () => {
  test.each([
    ["the same file again", BASE, { same: true, keepsCache: true }],
    ["a default written out", `${BASE}\n  scheme: http`, { same: true, keepsCache: true }],
    ["another interval", `${BASE}\n  scrape_interval: 5s`, { same: false, keepsCache: true }],
    ["another timeout", `${BASE}\n  scrape_timeout: 5s`, { same: false, keepsCache: true }],
    ["another sample limit", `${BASE}\n  sample_limit: 5`, { same: false, keepsCache: true }],
    ["other credentials", `${BASE}\n  bearer_token: t`, { same: false, keepsCache: true }],
    ["another path", `${BASE}\n  metrics_path: /m`, { same: false, keepsCache: false }],
    ["another target", "static_configs: [{targets: [y]}]", { same: false, keepsCache: false }],
    ["another label limit", `${BASE}\n  label_limit: 5`, { same: false, keepsCache: false }],
    [
      "another rule",
      `${BASE}\n  metric_relabel_configs: [{action: drop, regex: x}]`,
      { same: false, keepsCache: false },
    ],
  ])("%s", (_name, fields, expected) => {
    const before = jobOf(BASE);
    const after = jobOf(fields);
    expect({ same: sameScrapeConfig(before, after), keepsCache: cacheKeepingChange(before, after) }).toEqual(
      expected,
    );
  });
});
