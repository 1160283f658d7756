/** What a name of `--enable-feature` does here. */
type FeatureStatus = "active" | "inactive" | "built in" | "without effect";

interface Feature {
  readonly status: FeatureStatus;
  readonly effect: string;
}

export type FeatureName =
  | "exemplar-storage"
  | "memory-snapshot-on-shutdown"
  | "extra-scrape-metrics"
  | "metadata-wal-records"
  | "promql-per-step-stats"
  | "promql-experimental-functions"
  | "promql-delayed-name-removal"
  | "promql-extended-range-selectors"
  | "promql-binop-fill-modifiers"
  | "promql-duration-expr"
  | "use-start-timestamps"
  | "st-storage"
  | "st-synthesis"
  | "histograms-st-encoding"
  | "xor2-encoding"
  | "fast-startup"
  | "created-timestamp-zero-ingestion"
  | "native-histograms"
  | "ooo-native-histograms"
  | "concurrent-rule-eval"
  | "old-ui"
  | "delayed-compaction"
  | "otlp-deltatocumulative"
  | "otlp-native-delta-ingestion"
  | "type-and-unit-labels"
  | "use-uncached-io"
  | "search-api"
  | "auto-reload-config"
  | "auto-gomaxprocs"
  | "auto-gomemlimit"
  | "expand-external-labels"
  | "no-default-scrape-port";

/**
 * Every name that `--enable-feature` knows. Source: spec CLI-40 to CLI-60; the last four are names of older
 * releases that start-up scripts still carry.
 */
const FEATURES: Readonly<Record<FeatureName, Feature>> = {
  "exemplar-storage": { status: "active", effect: "keeps exemplars in memory" },
  "memory-snapshot-on-shutdown": { status: "without effect", effect: "the log is replayed fast enough" },
  "extra-scrape-metrics": { status: "active", effect: "adds three series about each scrape" },
  "metadata-wal-records": { status: "inactive", effect: "stores metadata per series" },
  "promql-per-step-stats": { status: "active", effect: "statistics per step with stats=all" },
  "promql-experimental-functions": { status: "active", effect: "functions that may still change" },
  "promql-delayed-name-removal": { status: "active", effect: "drops metric names at the end of a query" },
  "promql-extended-range-selectors": { status: "active", effect: "anchored and smoothed" },
  "promql-binop-fill-modifiers": { status: "active", effect: "fill, fill_left and fill_right" },
  "promql-duration-expr": { status: "built in", effect: "arithmetic in durations" },
  "use-start-timestamps": { status: "inactive", effect: "uses start times of counters" },
  "st-storage": { status: "inactive", effect: "stores start times of counters" },
  "st-synthesis": { status: "inactive", effect: "makes up start times of counters" },
  "histograms-st-encoding": { status: "without effect", effect: "an encoding of another store" },
  "xor2-encoding": { status: "without effect", effect: "an encoding of another store" },
  "fast-startup": { status: "without effect", effect: "starting is fast" },
  "created-timestamp-zero-ingestion": { status: "inactive", effect: "a zero sample where a counter starts" },
  "native-histograms": { status: "without effect", effect: "the configuration file decides" },
  "ooo-native-histograms": { status: "without effect", effect: "the configuration file decides" },
  "concurrent-rule-eval": { status: "inactive", effect: "independent rules run at the same time" },
  "old-ui": { status: "without effect", effect: "there is one UI" },
  "delayed-compaction": { status: "without effect", effect: "compaction runs beside the server" },
  "otlp-deltatocumulative": { status: "inactive", effect: "adds up OTLP deltas" },
  "otlp-native-delta-ingestion": { status: "inactive", effect: "takes OTLP deltas as they are" },
  "type-and-unit-labels": { status: "inactive", effect: "adds __type__ and __unit__" },
  "use-uncached-io": { status: "without effect", effect: "a way of writing of another store" },
  "search-api": { status: "inactive", effect: "search endpoints" },
  "auto-reload-config": { status: "active", effect: "the old name of --config.auto-reload" },
  "auto-gomaxprocs": { status: "without effect", effect: "tuning of Go programs" },
  "auto-gomemlimit": { status: "without effect", effect: "tuning of Go programs" },
  "expand-external-labels": { status: "built in", effect: "variables in external labels" },
  "no-default-scrape-port": { status: "built in", effect: "no port is added to addresses" },
};

export function isFeatureName(name: string): name is FeatureName {
  return Object.hasOwn(FEATURES, name);
}

/** What to tell the user about names given, each once. Unknown names do no harm (spec section 2 of cli.md). */
export function featureWarnings(names: readonly string[]): string[] {
  const warnings: string[] = [];
  for (const name of new Set(names)) {
    if (!isFeatureName(name)) {
      warnings.push(`Unknown option for --enable-feature: ${name}`);
      continue;
    }
    const { status, effect } = FEATURES[name];
    if (status === "inactive") warnings.push(`--enable-feature=${name} is not active yet: ${effect}`);
    if (status === "built in")
      warnings.push(`--enable-feature=${name} is not needed, it is always on: ${effect}`);
    if (status === "without effect") warnings.push(`--enable-feature=${name} has no effect here: ${effect}`);
  }
  return warnings;
}
