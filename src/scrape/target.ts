import { errorText, NarthexError } from "../base/index.ts";
import type { ScrapeConfig } from "../config/index.ts";
import { formatDuration, goQuote, labelEntries, labelsKey, parseDuration } from "../model/index.ts";
import { labelsFromEntries, labelValue, type Labels, type Relabeler } from "../model/index.ts";
import type { TargetGroup } from "../model/index.ts";
import { parseWrittenUrl, type WrittenUrl } from "../net/index.ts";
import type { ParseRules } from "./parse/exposition-parser.ts";
import { targetUrl } from "./target-url.ts";

const ADDRESS = "__address__";
const SCHEME = "__scheme__";
const METRICS_PATH = "__metrics_path__";
const INTERVAL = "__scrape_interval__";
const TIMEOUT = "__scrape_timeout__";
const PARAM_PREFIX = "__param_";
const META_PREFIX = "__meta_";
const INSTANCE = "instance";
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...["1", "t", "T", "TRUE", "true", "True"].map((text): [string, boolean] => [text, true]),
  ...["0", "f", "F", "FALSE", "false", "False"].map((text): [string, boolean] => [text, false]),
]);
const SWITCHES = [
  "__convert_classic_histograms_to_nhcb__",
  "__always_scrape_classic_histograms__",
  "__scrape_native_histograms__",
] as const;

/** Something to scrape: what discovery found, after relabelling. */
export interface Target {
  /** Equal for targets of one job that are the same (SCR-7). */
  readonly identity: string;
  /** Names the table of its samples in the store, over restarts and changes of interval or timeout. */
  readonly tableKey: string;
  readonly discoveredLabels: Labels;
  /** Labels that its samples get. */
  readonly labels: Labels;
  readonly url: string;
  /** The same for the HTTP client; a message when it can't be requested. */
  readonly request: WrittenUrl | string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** What is made of its histograms. */
  readonly histograms: ParseRules;
  /** Both as its labels give them, e.g. "15s". */
  readonly intervalText: string;
  readonly timeoutText: string;
}

/** What became of a discovered target: scraped, dropped by a relabel rule, or refused with a reason (SCR-3). */
export type TargetOutcome =
  | { readonly kind: "active"; readonly target: Target }
  | { readonly kind: "dropped"; readonly discoveredLabels: Labels }
  | { readonly kind: "refused"; readonly discoveredLabels: Labels; readonly reason: string };

/**
 * Makes a target of what discovery found: fills in defaults, relabels, checks, and takes the internal labels apart.
 * Source: Prometheus scrape/target.go, PopulateLabels; spec SCR-1 to SCR-7, SCR-10 to SCR-12.
 */
export function buildTarget(
  found: Labels,
  group: TargetGroup,
  config: ScrapeConfig,
  relabeler: Relabeler,
): TargetOutcome {
  const discoveredLabels = discovered(found, group, config);
  const relabelled = relabeler.relabel(discoveredLabels);
  if (relabelled === undefined) return { kind: "dropped", discoveredLabels };
  const address = labelValue(relabelled, ADDRESS);
  const reason = addressProblem(address) ?? switchProblem(relabelled);
  if (reason !== undefined) return { kind: "refused", discoveredLabels, reason };
  const times = scrapeTimes(relabelled);
  if (typeof times === "string") return { kind: "refused", discoveredLabels, reason: times };
  return { kind: "active", target: makeTarget(discoveredLabels, relabelled, config, times) };
}

function discovered(found: Labels, group: TargetGroup, config: ScrapeConfig): Labels {
  const labels = new Map<string, string>();
  const addMissing = (name: string, value: string): void => {
    if ((labels.get(name) ?? "") === "") labels.set(name, value);
  };
  for (const [name, value] of labelEntries(found)) labels.set(name, value);
  for (const [name, value] of labelEntries(group.labels)) addMissing(name, value);
  addMissing("job", config.jobName);
  addMissing(INTERVAL, formatDuration(config.scrapeIntervalMs));
  addMissing(TIMEOUT, formatDuration(config.scrapeTimeoutMs));
  addMissing(METRICS_PATH, config.metricsPath);
  addMissing(SCHEME, config.scheme);
  addMissing(SWITCHES[0], String(config.convertClassicHistogramsToNhcb));
  addMissing(SWITCHES[1], String(config.alwaysScrapeClassicHistograms));
  addMissing(SWITCHES[2], String(config.scrapeNativeHistograms));
  for (const [name, values] of Object.entries(config.params)) {
    if (values.length > 0) addMissing(PARAM_PREFIX + name, values[0]!);
  }
  return labelsFromEntries(labels);
}

function addressProblem(address: string): string | undefined {
  if (address === "") return "no address";
  return address.includes("/") ? `${goQuote(address)} is not a valid hostname` : undefined;
}

function switchProblem(labels: Labels): string | undefined {
  for (const name of SWITCHES) {
    const text = labelValue(labels, name);
    if (text !== "" && !BOOLEANS.has(text)) {
      return `error parsing ${name}: ${goQuote(text)} is not a boolean, expected true or false`;
    }
  }
  return undefined;
}

// A rule may take the label away: then the job's setting holds.
function switchOf(labels: Labels, name: string, ofJob: boolean): boolean {
  return BOOLEANS.get(labelValue(labels, name)) ?? ofJob;
}

function scrapeTimes(labels: Labels): { intervalMs: number; timeoutMs: number } | string {
  const intervalText = labelValue(labels, INTERVAL);
  const timeoutText = labelValue(labels, TIMEOUT);
  const intervalMs = durationOf("scrape interval", intervalText);
  if (typeof intervalMs === "string") return intervalMs;
  const timeoutMs = durationOf("scrape timeout", timeoutText);
  if (typeof timeoutMs === "string") return timeoutMs;
  if (timeoutMs > intervalMs) {
    const both = `${goQuote(timeoutText)} > ${goQuote(intervalText)}`;
    return `scrape timeout cannot be greater than scrape interval (${both})`;
  }
  return { intervalMs, timeoutMs };
}

function durationOf(what: string, text: string): number | string {
  try {
    const duration = parseDuration(text);
    return duration === 0 ? `${what} cannot be 0` : duration;
  } catch (error) {
    if (error instanceof NarthexError) return `error parsing ${what}: ${error.message}`;
    throw error;
  }
}

function makeTarget(
  discoveredLabels: Labels,
  relabelled: Labels,
  config: ScrapeConfig,
  times: { readonly intervalMs: number; readonly timeoutMs: number },
): Target {
  const final: [string, string][] = [];
  const shown: [string, string][] = [];
  const params = new Map(Object.entries(config.params));
  for (const [name, value] of labelEntries(relabelled)) {
    if (name.startsWith(META_PREFIX)) continue;
    final.push([name, value]);
    if (!name.startsWith("__")) shown.push([name, value]);
    if (name.startsWith(PARAM_PREFIX)) {
      const param = name.slice(PARAM_PREFIX.length);
      params.set(param, [value, ...(params.get(param) ?? []).slice(1)]);
    }
  }
  const address = labelValue(relabelled, ADDRESS);
  if (labelValue(relabelled, INSTANCE) === "") {
    final.push([INSTANCE, address]);
    shown.push([INSTANCE, address]);
  }
  const labels = labelsFromEntries(shown);
  const url = targetUrl({
    scheme: labelValue(relabelled, SCHEME),
    address,
    path: labelValue(relabelled, METRICS_PATH),
    params,
  });
  return {
    identity: `${labelsKey(labelsFromEntries(final))} ${url}`,
    tableKey: `scrape ${config.jobName} ${url} ${labelsKey(labels)}`,
    discoveredLabels,
    labels,
    url,
    request: requestable(url),
    ...times,
    histograms: {
      convertsClassic: switchOf(relabelled, SWITCHES[0], config.convertClassicHistogramsToNhcb),
      keepsClassic: switchOf(relabelled, SWITCHES[1], config.alwaysScrapeClassicHistograms),
      takesNative: switchOf(relabelled, SWITCHES[2], config.scrapeNativeHistograms),
    },
    intervalText: labelValue(relabelled, INTERVAL),
    timeoutText: labelValue(relabelled, TIMEOUT),
  };
}

function requestable(url: string): WrittenUrl | string {
  try {
    return parseWrittenUrl(url);
  } catch (error) {
    return errorText(error);
  }
}
