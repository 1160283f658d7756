import { discoveryMechanisms, type FeatureName, type ServerFlags } from "./config/index.ts";
import { FUNCTIONS } from "./promql/parse/index.ts";

// What `/api/v1/features` says: Prometheus's categories and names, with what is true here. Source: spec API-60.

type FeatureFlags = Readonly<Record<string, boolean>>;

/** Features by category and name; categories whose parts are not there yet are empty. */
export type FeatureTable = Readonly<Record<string, FeatureFlags>>;

const NOT_YET = false;

export function featureTable(flags: ServerFlags): FeatureTable {
  const has = (name: FeatureName): boolean => flags.features.has(name);
  const experimental = has("promql-experimental-functions");
  return {
    api: apiFeatures(flags),
    otlp_receiver: { delta_conversion: NOT_YET, native_delta_ingestion: NOT_YET },
    prometheus: {
      agent_mode: NOT_YET,
      auto_reload_config: flags.configAutoReload,
      server_mode: true,
    },
    promql: promqlFeatures(has),
    promql_functions: Object.fromEntries(
      [...FUNCTIONS.values()].map(({ name, experimental: needsFlag }) => [name, !needsFlag || experimental]),
    ),
    promql_operators: {
      ...allTrue("!= !~ % * + - / < </ <= == =~ > >/ >= @ ^ and atan2 or unless"),
      ...allTrue("avg bottomk count count_values group max min quantile stddev stdvar sum topk"),
      limit_ratio: experimental,
      limitk: experimental,
    },
    rules: { concurrent_rule_eval: NOT_YET, keep_firing_for: NOT_YET, query_offset: NOT_YET },
    scrape: {
      extra_scrape_metrics: true,
      start_timestamp_zero_ingestion: NOT_YET,
      type_and_unit_labels: NOT_YET,
    },
    service_discovery_providers: discoveryMechanisms(),
    templating_functions: {},
    tsdb: {
      delayed_compaction: false,
      exemplar_storage: has("exemplar-storage"),
      histograms_st_encoding: false,
      isolation: true,
      native_histograms: true,
      st_storage: NOT_YET,
      use_uncached_io: false,
      xor2_encoding: false,
    },
    ui: { ui_v2: false, ui_v3: false },
  };
}

function apiFeatures(flags: ServerFlags): FeatureFlags {
  return {
    admin: flags.webEnableAdminApi,
    exclude_alerts: true,
    label_values_match: true,
    lifecycle: flags.webEnableLifecycle,
    "openapi_3.1": NOT_YET,
    "openapi_3.2": NOT_YET,
    otlp_write_receiver: NOT_YET,
    query_stats: true,
    query_warnings: true,
    remote_write_receiver: flags.webEnableRemoteWriteReceiver,
    search: NOT_YET,
    search_fuzz_alg_jarowinkler: NOT_YET,
    search_fuzz_alg_subsequence: NOT_YET,
    time_range_labels: true,
    time_range_series: true,
  };
}

function promqlFeatures(has: (name: FeatureName) => boolean): FeatureFlags {
  const fill = has("promql-binop-fill-modifiers");
  const extended = has("promql-extended-range-selectors");
  return {
    ...allTrue("at_modifier bool by duration_expr group_left group_right ignoring negative_offset offset on"),
    ...allTrue("per_query_lookback_delta subqueries without"),
    anchored: extended,
    smoothed: extended,
    fill,
    fill_left: fill,
    fill_right: fill,
    delayed_name_removal: has("promql-delayed-name-removal"),
    per_step_stats: has("promql-per-step-stats"),
    type_and_unit_labels: NOT_YET,
  };
}

function allTrue(names: string): FeatureFlags {
  return Object.fromEntries(names.split(" ").map((name) => [name, true]));
}
