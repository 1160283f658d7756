import { goQuote, labelEntries, labelsFromEntries, type Labels } from "../model/index.ts";
import { checkRelabelRules } from "./blocks/relabel.ts";
import type { GlobalFields, JobFields } from "./blocks/scrape.ts";
import { expandEnvironment } from "./expand-environment.ts";
import type { BlockPlace, Reading } from "./schema.ts";
import type { GlobalConfig, NameEscaping, NameValidation, ScrapeConfig, ScrapeProtocol } from "./types.ts";

// From what is written to what holds: defaults, and what a job takes over from `global`.

const DEFAULT_INTERVAL_MS = 60_000;
const DEFAULT_TIMEOUT_MS = 10_000;

const TEXT_PROTOCOLS: readonly ScrapeProtocol[] = [
  "OpenMetricsText1.0.0",
  "OpenMetricsText0.0.1",
  "PrometheusText1.0.0",
  "PrometheusText0.0.4",
];
const PROTOCOLS_WITH_PROTOBUF: readonly ScrapeProtocol[] = ["PrometheusProto", ...TEXT_PROTOCOLS];

const ESCAPINGS: readonly NameEscaping[] = ["allow-utf-8", "underscores", "dots", "values"];

/** Defaults that flags set. */
export interface ConfigDefaults {
  /** Ask for the protobuf format first in every job that does not say otherwise (spec CFG-58). */
  readonly preferProtobuf?: boolean;
  /** Spec CFG-47. */
  readonly extraScrapeMetrics?: boolean;
}

/** Source: spec CFG-32 to CFG-47, CFG-13 to CFG-15. */
export function effectiveGlobal(raw: GlobalFields, reading: Reading, defaults: ConfigDefaults): GlobalConfig {
  const scrapeIntervalMs = raw.scrapeIntervalMs || DEFAULT_INTERVAL_MS;
  if (raw.scrapeTimeoutMs > scrapeIntervalMs) {
    const place = reading.places.get(raw);
    place?.report("scrape_timeout", "global scrape timeout greater than scrape interval");
  }
  const nameValidation = raw.nameValidation ?? "utf8";
  return {
    ...raw,
    scrapeIntervalMs,
    scrapeTimeoutMs: raw.scrapeTimeoutMs || Math.min(DEFAULT_TIMEOUT_MS, scrapeIntervalMs),
    scrapeProtocols:
      raw.scrapeProtocols ?? (defaults.preferProtobuf === true ? PROTOCOLS_WITH_PROTOBUF : undefined),
    evaluationIntervalMs: raw.evaluationIntervalMs || DEFAULT_INTERVAL_MS,
    externalLabels: expandLabels(raw.externalLabels, reading),
    nameValidation,
    // Any text is let through here: it is judged where a job uses it (spec CFG-43).
    nameEscaping: (raw.nameEscaping as NameEscaping | "") || defaultEscaping(nameValidation),
    extraScrapeMetrics: raw.extraScrapeMetrics ?? defaults.extraScrapeMetrics ?? false,
  };
}

function expandLabels(labels: Labels, reading: Reading): Labels {
  const expanded: [string, string][] = [];
  for (const [name, value] of labelEntries(labels)) {
    const onMissing = (variable: string): void => {
      reading.warnings.push(`empty environment variable ${variable} in external label ${goQuote(name)}`);
    };
    expanded.push([name, expandEnvironment(value, reading.environment, onMissing)]);
  }
  return labelsFromEntries(expanded);
}

/** Source: spec CFG-53 to CFG-65, REL-18. */
export function effectiveJob(raw: JobFields, global: GlobalConfig, reading: Reading): ScrapeConfig {
  const place = reading.places.get(raw);
  const owner = `scrape config with job name ${goQuote(raw.jobName)}`;
  const scrapeIntervalMs = raw.scrapeIntervalMs || global.scrapeIntervalMs;
  if (raw.scrapeTimeoutMs > scrapeIntervalMs) {
    place?.report("scrape_timeout", `scrape timeout greater than scrape interval for ${owner}`);
  }
  const nameValidation = raw.nameValidation ?? global.nameValidation;
  checkRelabelRules(raw.relabelConfigs, nameValidation, reading);
  checkRelabelRules(raw.metricRelabelConfigs, nameValidation, reading);
  const scrapeNativeHistograms = raw.scrapeNativeHistograms ?? global.scrapeNativeHistograms;
  return {
    ...raw,
    scrapeIntervalMs,
    scrapeTimeoutMs: raw.scrapeTimeoutMs || Math.min(global.scrapeTimeoutMs, scrapeIntervalMs),
    scrapeProtocols:
      raw.scrapeProtocols ??
      global.scrapeProtocols ??
      (scrapeNativeHistograms ? PROTOCOLS_WITH_PROTOBUF : TEXT_PROTOCOLS),
    scrapeNativeHistograms,
    alwaysScrapeClassicHistograms: raw.alwaysScrapeClassicHistograms ?? global.alwaysScrapeClassicHistograms,
    convertClassicHistogramsToNhcb:
      raw.convertClassicHistogramsToNhcb ?? global.convertClassicHistogramsToNhcb,
    extraScrapeMetrics: raw.extraScrapeMetrics ?? global.extraScrapeMetrics,
    scrapeFailureLogFile: raw.scrapeFailureLogFile || global.scrapeFailureLogFile,
    bodySizeLimitBytes: raw.bodySizeLimitBytes || global.bodySizeLimitBytes,
    sampleLimit: raw.sampleLimit || global.sampleLimit,
    targetLimit: raw.targetLimit || global.targetLimit,
    labelLimit: raw.labelLimit || global.labelLimit,
    labelNameLengthLimit: raw.labelNameLengthLimit || global.labelNameLengthLimit,
    labelValueLengthLimit: raw.labelValueLengthLimit || global.labelValueLengthLimit,
    keepDroppedTargets: raw.keepDroppedTargets || global.keepDroppedTargets,
    nameValidation,
    nameEscaping: effectiveEscaping(raw, nameValidation, global, place),
  };
}

function effectiveEscaping(
  raw: JobFields,
  validation: NameValidation,
  global: GlobalConfig,
  place: BlockPlace | undefined,
): NameEscaping {
  const inherited = raw.nameValidation === undefined ? global.nameEscaping : defaultEscaping(validation);
  const chosen = raw.nameEscaping || inherited;
  if (validation === "legacy" && chosen === "allow-utf-8") {
    place?.report(
      "metric_name_escaping_scheme",
      "utf8 metric names requested but validation scheme is not set to UTF8",
    );
  }
  const known = ESCAPINGS.find((each) => each === chosen);
  if (known === undefined) {
    place?.report(
      "metric_name_escaping_scheme",
      "unknown scrape config name escaping method specified, must be one of 'allow-utf-8', 'underscores', " +
        `'dots', or 'values', got ${chosen}`,
    );
  }
  return known ?? "underscores";
}

function defaultEscaping(validation: NameValidation): NameEscaping {
  return validation === "legacy" ? "underscores" : "allow-utf-8";
}

/** Reports jobs that share a name over all files (spec CFG-26, CFG-48). */
export function refuseRepeatedJobs(jobs: readonly JobFields[], reading: Reading): void {
  const first = new Map<string, JobFields>();
  for (const job of jobs) {
    const earlier = first.get(job.jobName);
    if (earlier === undefined || job.jobName === "") {
      first.set(job.jobName, job);
      continue;
    }
    const place = reading.places.get(job);
    const earlierFile = reading.places.get(earlier)?.place.source.file;
    const where = earlierFile === place?.place.source.file ? "" : `, first found in ${earlierFile}`;
    place?.report("job_name", `found multiple scrape configs with job name ${goQuote(job.jobName)}${where}`);
  }
}
