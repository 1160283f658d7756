import { expect, test } from "vitest";
import { featureTable } from "../../src/app-features.ts";
import { parseFlags } from "../../src/config/index.ts";

function features(...argv: string[]): ReturnType<typeof featureTable> {
  const outcome = parseFlags(argv);
  if (outcome.kind !== "run") throw new Error("flags of a run");
  return featureTable(outcome.flags);
}

test("flags turn features on", () => {
  const plain = features();
  const all = features(
    "--web.enable-admin-api",
    "--web.enable-lifecycle",
    "--config.auto-reload",
    "--enable-feature=promql-experimental-functions,promql-per-step-stats,promql-binop-fill-modifiers",
  );
  const read = ({
    api,
    prometheus,
    promql,
    promql_functions: functions,
    promql_operators: operators,
  }: typeof plain) => [
    api!["admin"],
    api!["lifecycle"],
    prometheus!["auto_reload_config"],
    promql!["per_step_stats"],
    promql!["fill_left"],
    promql!["anchored"],
    functions!["rate"],
    functions!["mad_over_time"],
    operators!["sum"],
    operators!["limitk"],
  ];
  expect(read(plain)).toEqual([false, false, false, false, false, false, true, false, true, false]);
  expect(read(all)).toEqual([true, true, true, true, true, false, true, true, true, true]);
});

test("every discovery mechanism of the file is named, those that find targets are on", () => {
  const providers = features()["service_discovery_providers"]!;
  expect(providers).toMatchObject({ static: true, dns: true, kubernetes: expect.any(Boolean) });
  expect(Object.keys(providers).filter((name) => name.includes("config"))).toEqual([]);
});

test("there are the categories of Prometheus", () => {
  expect(Object.keys(features()).toSorted()).toEqual([
    "api",
    "otlp_receiver",
    "prometheus",
    "promql",
    "promql_functions",
    "promql_operators",
    "rules",
    "scrape",
    "service_discovery_providers",
    "templating_functions",
    "tsdb",
    "ui",
  ]);
});
