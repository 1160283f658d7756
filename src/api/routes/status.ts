import os from "node:os";
import { compareText, ulid } from "../../model/index.ts";
import type { ApiContext } from "../context.ts";
import type { NamedCount } from "../../storage/index.ts";
import type { BuildInfo } from "../dependencies.ts";
import type { ApiAnswer, ApiCall } from "../endpoint.ts";
import { ApiError } from "../errors.ts";
import { formValue, type Form } from "../form.ts";
import { listJson, objectJson, textJson, timeJson } from "../json.ts";
import { integerOf } from "../parameters.ts";

const LIST_LENGTH = 10;
const LIST_LENGTH_MAX = 10_000;
const BLOCK_VERSION = 1; // Of meta files, the only one there has been in Prometheus.
const INT64_MAX_JSON = "9223372036854775807";
const INT64_MIN_JSON = "-9223372036854775808";

/** Source: spec API-52. */
export function statusConfig({ parts }: ApiCall): ApiAnswer {
  return { kind: "json", json: `{"yaml":${textJson(parts.config.yaml())}}` };
}

/** Categories and names in order of their bytes; texts are not escaped for HTML. Source: spec API-60. */
export function features({ settings }: ApiCall): ApiAnswer {
  const sorted = Object.entries(settings.features).toSorted((a, b) => compareText(a[0], b[0]));
  const json = sorted.map(([category, table]) => {
    const flags = Object.entries(table).toSorted((a, b) => compareText(a[0], b[0]));
    return `${JSON.stringify(category)}:${JSON.stringify(Object.fromEntries(flags))}`;
  });
  return { kind: "json", json: `{${json.join(",")}}` };
}

/** Source: spec API-53. */
export function statusFlags({ settings }: ApiCall): ApiAnswer {
  const fields = Object.entries(settings.flags).map(([name, value]) => [name, textJson(value)] as const);
  return { kind: "json", json: objectJson(fields) };
}

/** Source: spec API-55; all values are strings and there is no `features` key (clients take that for Mimir). */
export function statusBuildInfo({ settings }: ApiCall): ApiAnswer {
  return { kind: "json", json: buildInfoJson(settings.buildInfo) };
}

export function buildInfoJson(info: BuildInfo): string {
  return objectJson([
    ["version", textJson(info.version)],
    ["revision", textJson(info.revision)],
    ["branch", textJson(info.branch)],
    ["buildUser", textJson(info.buildUser)],
    ["buildDate", textJson(info.buildDate)],
    ["goVersion", textJson(info.runtimeVersion)],
  ]);
}

/** The names are Go's; a Node process has handles instead of goroutines. Source: spec API-54. */
export function statusRuntimeInfo({ settings, parts }: ApiCall): ApiAnswer {
  const { successful, lastSuccessMs } = parts.config.lastReload;
  const json = objectJson([
    ["startTime", timeJson(settings.startTimeMs)],
    ["CWD", textJson(settings.workingDirectory)],
    ["hostname", textJson(settings.hostname)],
    ["serverTime", timeJson(settings.clock.now())],
    ["reloadConfigSuccess", String(successful)],
    ["lastConfigTime", timeJson(Math.floor(lastSuccessMs / 1000) * 1000)],
    ["corruptionCount", "0"],
    ["goroutineCount", String(process.getActiveResourcesInfo().length)],
    ["GOMAXPROCS", String(os.availableParallelism())],
    ["GOMEMLIMIT", String(memoryLimitBytes())],
    ["GOGC", '""'],
    ["GODEBUG", '""'],
    ["storageRetention", textJson(settings.storageRetention)],
  ]);
  return { kind: "json", json };
}

/** Source: spec API-56, TSDB-40. */
export function statusTsdb({ form, parts }: ApiCall): ApiAnswer {
  const length = listLength(form);
  const stats = parts.store.stats();
  const cardinality = parts.store.cardinality(length);
  const headStats = objectJson([
    ["numSeries", String(stats.headSeries)],
    ["numLabelPairs", String(cardinality.labelPairs)],
    ["chunkCount", String(stats.headChunks)],
    ["minTime", int64Json(stats.headMinTime)],
    ["maxTime", int64Json(stats.headMaxTime)],
  ]);
  const json = objectJson([
    ["headStats", headStats],
    ["seriesCountByMetricName", countsJson(cardinality.seriesByMetric)],
    ["labelValueCountByLabelName", countsJson(cardinality.valuesByLabel)],
    ["memoryInBytesByLabelName", countsJson(cardinality.bytesByLabel)],
    ["seriesCountByLabelValuePair", countsJson(cardinality.seriesByPair)],
  ]);
  return { kind: "json", json };
}

/** A column stands for what Prometheus calls a chunk. Source: spec API-57. */
export function statusBlocks({ parts }: ApiCall): ApiAnswer {
  const json = listJson(parts.store.blocks(), (block) => {
    const { from, to, generation, level, series, samples } = block;
    const id = textJson(ulid(to, generation));
    const stats = objectJson([
      ["numSamples", String(samples.float + samples.histogram)],
      ["numFloatSamples", String(samples.float)],
      ["numHistogramSamples", samples.histogram === 0 ? undefined : String(samples.histogram)],
      ["numSeries", String(series)],
      ["numChunks", String(series)],
    ]);
    return objectJson([
      ["ulid", id],
      ["minTime", String(from)],
      ["maxTime", String(to)],
      ["stats", stats],
      ["compaction", `{"level":${level},"sources":[${id}]}`],
      ["version", String(BLOCK_VERSION)],
    ]);
  });
  return { kind: "json", json: `{"blocks":${json}}` };
}

/** Progress is not told in segments; what is there has been replayed. Source: spec API-58. */
export function statusWalReplay({ settings }: ApiContext): ApiAnswer {
  const { done, total } = settings.replay?.() ?? { done: 0, total: 0 };
  return { kind: "json", json: `{"min":0,"max":${total},"current":${done}}` };
}

function listLength(form: Form): number {
  const text = formValue(form, "limit");
  if (text === "") return LIST_LENGTH;
  const length = integerOf(text) ?? 0;
  if (length < 1) throw new ApiError("bad_data", "limit must be a positive number");
  if (length > LIST_LENGTH_MAX) {
    throw new ApiError("bad_data", `limit must not exceed ${LIST_LENGTH_MAX}`);
  }
  return length;
}

function countsJson(counts: readonly NamedCount[]): string {
  return listJson(counts, ({ name, value }) => `{"name":${textJson(name)},"value":${value}}`);
}

// An empty head has the extremes of int64 as its times, which no double holds exactly.
function int64Json(value: number): string {
  if (value >= 2 ** 63 - 1) return INT64_MAX_JSON;
  return value <= -(2 ** 63) ? INT64_MIN_JSON : String(value);
}

function memoryLimitBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < Number.MAX_SAFE_INTEGER ? limit : os.totalmem();
}
