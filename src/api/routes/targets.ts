import {
  compileMatcher,
  compareText,
  labelValue,
  type CompiledMatcher,
  type Labels,
} from "../../model/index.ts";
import { parseSelector } from "../../promql/parse/index.ts";
import type { ActiveTarget, DroppedTarget, MetricMetadata } from "../dependencies.ts";
import type { ApiAnswer, ApiCall } from "../endpoint.ts";
import { ApiError } from "../errors.ts";
import { formValue, type Form } from "../form.ts";
import { globalUrl } from "../global-url.ts";
import { labelsJson, listJson, objectJson, textJson, timeJson } from "../json.ts";
import { integerOf, reading } from "../parameters.ts";

/** Source: spec API-45. */
export function targets({ urlForm, parts, settings }: ApiCall): ApiAnswer {
  const state = formValue(urlForm, "state").toLowerCase();
  const pool = formValue(urlForm, "scrapePool");
  const isShown = (target: { readonly scrapePool: string }): boolean =>
    pool === "" || target.scrapePool === pool;
  const showsAll = state === "" || state === "any";
  const showsDropped = showsAll || state === "dropped";
  const active = showsAll || state === "active" ? parts.targets.active().filter(isShown) : [];
  const dropped = showsDropped ? parts.targets.dropped().filter(isShown) : [];
  const counts = showsDropped ? countsJson(parts.targets.droppedCounts()) : "null";
  const activeJson = listJson(active.toSorted(byPool), (target) =>
    activeTargetJson(target, globalUrl(target.scrapeUrl, settings.externalUrl, settings.listenAddresses)),
  );
  const droppedJson = listJson(dropped.toSorted(byPool), droppedTargetJson);
  return {
    kind: "json",
    json: `{"activeTargets":${activeJson},"droppedTargets":${droppedJson},"droppedTargetCounts":${counts}}`,
  };
}

/** Source: spec API-46. */
export function targetsMetadata({ form, parts }: ApiCall): ApiAnswer {
  const limit = countParameter(form, "limit");
  const matchers = targetMatchers(form);
  const metric = formValue(form, "metric");
  const entries: string[] = [];
  for (const target of parts.targets.active().toSorted(byPool)) {
    if (limit >= 0 && entries.length >= limit) break;
    if (!matchesAll(target.labels, matchers)) continue;
    const labels = labelsJson(target.labels);
    for (const entry of target.metadata(metric === "" ? undefined : metric)) {
      entries.push(targetMetadataJson(labels, metric === "" ? entry.metric : undefined, entry));
    }
  }
  return { kind: "json", json: `[${entries.join(",")}]` };
}

/** Source: spec API-48. */
export function metadata({ form, parts }: ApiCall): ApiAnswer {
  const limit = countParameter(form, "limit");
  const limitPerMetric = countParameter(form, "limit_per_metric");
  const metric = formValue(form, "metric");
  const byMetric = new Map<string, Set<string>>();
  const wanted = metric === "" ? undefined : metric;
  // What targets say comes first, what senders of remote write say after it.
  const sources = parts.targets
    .active()
    .toSorted(byPool)
    .map((target) => () => target.metadata(wanted));
  for (const entriesOf of [...sources, () => parts.store.metadata(wanted)]) {
    for (const entry of entriesOf()) {
      let entries = byMetric.get(entry.metric);
      if (entries === undefined) {
        if (limit >= 0 && byMetric.size >= limit) continue;
        entries = new Set();
        byMetric.set(entry.metric, entries);
      }
      if (limitPerMetric > 0 && entries.size >= limitPerMetric) continue;
      entries.add(metadataJson(entry));
    }
  }
  const fields = [...byMetric].map(([name, set]) => [name, `[${[...set].join(",")}]`] as const);
  return { kind: "json", json: objectJson(fields.toSorted((a, b) => compareText(a[0], b[0]))) };
}

function activeTargetJson(target: ActiveTarget, url: string): string {
  return objectJson([
    ["discoveredLabels", labelsJson(target.discoveredLabels)],
    ["labels", labelsJson(target.labels)],
    ["scrapePool", textJson(target.scrapePool)],
    ["scrapeUrl", textJson(target.scrapeUrl)],
    ["globalUrl", textJson(url)],
    ["lastError", textJson(target.lastError)],
    ["lastScrape", timeJson(target.lastScrapeMs)],
    ["lastScrapeDuration", String(target.lastScrapeDurationSeconds)],
    ["health", textJson(target.health)],
    ["scrapeInterval", textJson(target.scrapeIntervalText)],
    ["scrapeTimeout", textJson(target.scrapeTimeoutText)],
    // Our own field, where there is something to say.
    ...(target.note === "" ? [] : [["note", textJson(target.note)] as const]),
  ]);
}

function droppedTargetJson(target: DroppedTarget): string {
  const labels = labelsJson(target.discoveredLabels);
  return `{"discoveredLabels":${labels},"scrapePool":${textJson(target.scrapePool)}}`;
}

function countsJson(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].toSorted((a, b) => compareText(a[0], b[0]));
  return objectJson(sorted.map(([pool, count]) => [pool, String(count)] as const));
}

function targetMetadataJson(labels: string, metric: string | undefined, entry: MetricMetadata): string {
  return objectJson([
    ["target", labels],
    ["metric", metric === undefined ? undefined : textJson(metric)],
    ["type", textJson(entry.type)],
    ["help", textJson(entry.help)],
    ["unit", textJson(entry.unit)],
  ]);
}

function metadataJson({ type, unit, help }: MetricMetadata): string {
  return `{"type":${textJson(type)},"unit":${textJson(unit)},"help":${textJson(help)}}`;
}

// -1: no limit.
function countParameter(form: Form, name: string): number {
  const text = formValue(form, name);
  if (text === "") return -1;
  const count = integerOf(text);
  if (count === undefined) throw new ApiError("bad_data", `${name} must be a number`);
  return count;
}

function targetMatchers(form: Form): readonly CompiledMatcher[] {
  const text = formValue(form, "match_target");
  if (text === "") return [];
  return reading("match_target", () => parseSelector(text).map(compileMatcher));
}

function matchesAll(labels: Labels, matchers: readonly CompiledMatcher[]): boolean {
  return matchers.every((matcher) => matcher.matches(labelValue(labels, matcher.matcher.name)));
}

function byPool(a: { readonly scrapePool: string }, b: { readonly scrapePool: string }): number {
  return compareText(a.scrapePool, b.scrapePool);
}
