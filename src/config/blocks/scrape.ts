import { goQuote, isValidLabelName, labelEntries } from "../../model/index.ts";
import { block, field, inline, shownField, type BlockPlace, type BlockType, type Type } from "../schema.ts";
import type { GlobalConfig, NameValidation, ScrapeConfig, ScrapeProtocol } from "../types.ts";
import {
  boolean,
  duration,
  filePath,
  float,
  list,
  map,
  oneOf,
  optional,
  refusingNull,
  size,
  text,
  uint,
} from "../values.ts";
import { DISCOVERY, labels } from "./discovery.ts";
import { HTTP_CLIENT } from "./http-client.ts";
import { relabelRules } from "./relabel.ts";

// `global` and the entries of `scrape_configs` as they are written; inherit.ts makes them effective.

type Unset<T, Names extends keyof T> = Omit<T, Names> & { readonly [Name in Names]: T[Name] | undefined };

/** `global` as written: what may be inherited or derived is undefined or 0, names of schemes are any text. */
export type GlobalFields = Unset<
  Omit<GlobalConfig, "nameEscaping">,
  "nameValidation" | "extraScrapeMetrics"
> & { readonly nameEscaping: string };

/** An entry of `scrape_configs` as written. */
export type JobFields = Unset<
  Omit<ScrapeConfig, "nameEscaping">,
  | "nameValidation"
  | "scrapeProtocols"
  | "scrapeNativeHistograms"
  | "alwaysScrapeClassicHistograms"
  | "convertClassicHistogramsToNhcb"
  | "extraScrapeMetrics"
> & { readonly nameEscaping: string };

const PROTOCOLS: readonly ScrapeProtocol[] = [
  "OpenMetricsText0.0.1",
  "OpenMetricsText1.0.0",
  "PrometheusProto",
  "PrometheusText0.0.4",
  "PrometheusText1.0.0",
];

// Which names are known is checked by the block, whose complaint says whose they are.
const protocols = optional(list(text)) as Type<readonly ScrapeProtocol[] | undefined>;
const protocol = optional(text) as Type<ScrapeProtocol | undefined>;

const validation: Type<NameValidation | undefined> = {
  ...optional(
    oneOf<NameValidation | "">(
      ["utf8", "legacy", ""],
      (written) => `unrecognized ValidationScheme: ${goQuote(written)}, expected utf8 or legacy`,
    ) as Type<NameValidation>,
  ),
  render: (value) => value,
};

export const GLOBAL: BlockType<GlobalFields> = block({
  fields: {
    scrapeIntervalMs: field("scrape_interval", duration),
    scrapeTimeoutMs: field("scrape_timeout", duration),
    scrapeProtocols: field("scrape_protocols", protocols),
    evaluationIntervalMs: field("evaluation_interval", duration),
    ruleQueryOffsetMs: field("rule_query_offset", duration),
    queryLogFile: field("query_log_file", filePath),
    scrapeFailureLogFile: field("scrape_failure_log_file", filePath),
    externalLabels: field("external_labels", labels),
    bodySizeLimitBytes: field("body_size_limit", size),
    sampleLimit: field("sample_limit", uint),
    targetLimit: field("target_limit", uint),
    labelLimit: field("label_limit", uint),
    labelNameLengthLimit: field("label_name_length_limit", uint),
    labelValueLengthLimit: field("label_value_length_limit", uint),
    keepDroppedTargets: field("keep_dropped_targets", uint),
    nameValidation: field("metric_name_validation_scheme", validation),
    nameEscaping: field("metric_name_escaping_scheme", text),
    scrapeNativeHistograms: shownField("scrape_native_histograms", boolean),
    convertClassicHistogramsToNhcb: field("convert_classic_histograms_to_nhcb", boolean),
    alwaysScrapeClassicHistograms: field("always_scrape_classic_histograms", boolean),
    extraScrapeMetrics: shownField("extra_scrape_metrics", optional(boolean)),
  },
  finish(raw: GlobalFields, place): GlobalFields {
    checkProtocols(raw.scrapeProtocols, "global config", place);
    const scheme = raw.nameValidation ?? "utf8";
    for (const [name] of labelEntries(raw.externalLabels)) {
      if (isValidLabelName(name, scheme)) continue;
      place.report("external_labels", `${goQuote(name)} is not a valid label name`);
    }
    return raw;
  },
});

/** An entry of `scrape_configs`. */
export const JOB: BlockType<JobFields> = block({
  fields: {
    jobName: shownField("job_name", text),
    honorLabels: field("honor_labels", boolean),
    honorTimestamps: field("honor_timestamps", boolean, true),
    trackTimestampsStaleness: shownField("track_timestamps_staleness", boolean),
    params: field("params", map(list(text))),
    scrapeIntervalMs: field("scrape_interval", duration),
    scrapeTimeoutMs: field("scrape_timeout", duration),
    scrapeProtocols: field("scrape_protocols", protocols),
    fallbackScrapeProtocol: field("fallback_scrape_protocol", protocol),
    scrapeNativeHistograms: shownField("scrape_native_histograms", optional(boolean)),
    alwaysScrapeClassicHistograms: shownField("always_scrape_classic_histograms", optional(boolean)),
    convertClassicHistogramsToNhcb: shownField("convert_classic_histograms_to_nhcb", optional(boolean)),
    scrapeFailureLogFile: field("scrape_failure_log_file", filePath),
    metricsPath: field("metrics_path", text, "/metrics"),
    scheme: field("scheme", text, "http"),
    enableCompression: field("enable_compression", boolean, true),
    bodySizeLimitBytes: field("body_size_limit", size),
    sampleLimit: field("sample_limit", uint),
    targetLimit: field("target_limit", uint),
    labelLimit: field("label_limit", uint),
    labelNameLengthLimit: field("label_name_length_limit", uint),
    labelValueLengthLimit: field("label_value_length_limit", uint),
    nativeHistogramBucketLimit: field("native_histogram_bucket_limit", uint),
    nativeHistogramMinBucketFactor: field("native_histogram_min_bucket_factor", float),
    keepDroppedTargets: field("keep_dropped_targets", uint),
    nameValidation: field("metric_name_validation_scheme", validation),
    nameEscaping: field("metric_name_escaping_scheme", text),
    extraScrapeMetrics: shownField("extra_scrape_metrics", optional(boolean)),
    httpClient: inline(HTTP_CLIENT),
    relabelConfigs: field(
      "relabel_configs",
      relabelRules("empty or null target relabeling rule in scrape config"),
    ),
    metricRelabelConfigs: field(
      "metric_relabel_configs",
      relabelRules("empty or null metric relabeling rule in scrape config"),
    ),
    discovery: inline(DISCOVERY),
  },
  finish(raw: JobFields, place): JobFields {
    if (raw.jobName === "") place.report("job_name", "job_name is empty");
    const owner = `scrape config with job name ${goQuote(raw.jobName)}`;
    checkProtocols(raw.scrapeProtocols, owner, place);
    const fallback: string = raw.fallbackScrapeProtocol ?? "";
    if (fallback !== "" && !(PROTOCOLS as readonly string[]).includes(fallback)) {
      place.report(
        "fallback_scrape_protocol",
        `invalid fallback_scrape_protocol for ${owner}: ${unknownProtocol(fallback)}`,
      );
    }
    if (raw.relabelConfigs.length === 0) {
      const targets = raw.discovery.static.flatMap((group) => group.targets);
      refuseUrlTargets(targets, place);
    }
    return { ...raw, fallbackScrapeProtocol: fallback === "" ? undefined : raw.fallbackScrapeProtocol };
  },
});

/** A list of jobs, in the main file and in scrape config files alike. */
export const JOBS: Type<readonly JobFields[]> = list(
  refusingNull(JOB, "empty or null scrape config section"),
);

/** A file that `scrape_config_files` names. Spec CFG-26. */
export interface ScrapeFileFields {
  readonly scrapeConfigs: readonly JobFields[];
}

export const SCRAPE_FILE: BlockType<ScrapeFileFields> = block({
  fields: { scrapeConfigs: field("scrape_configs", JOBS) },
  finish: (raw: ScrapeFileFields): ScrapeFileFields => raw,
});

/** Addresses are host and port; only relabeling may make one of a URL. Spec CFG-69. */
export function refuseUrlTargets(targets: readonly string[], place: BlockPlace): void {
  for (const target of targets) {
    if (target.includes("/")) place.report("static_configs", `${goQuote(target)} is not a valid hostname`);
  }
}

function checkProtocols(names: readonly string[] | undefined, owner: string, place: BlockPlace): void {
  if (names === undefined) return;
  const report = (message: string): void => place.report("scrape_protocols", `${message} for ${owner}`);
  const unknown = names.find((name) => !(PROTOCOLS as readonly string[]).includes(name));
  if (names.length === 0) report("scrape_protocols cannot be empty");
  else if (unknown !== undefined) report(`scrape_protocols: ${unknownProtocol(unknown)}`);
  else if (new Set(names).size < names.length) {
    report(`duplicated protocol in scrape_protocols, got [${names.join(" ")}]`);
  }
}

function unknownProtocol(name: string): string {
  return `unknown scrape protocol ${name}, supported: [${PROTOCOLS.join(" ")}]`;
}
