import { NarthexError } from "../../base/index.ts";
import { exprToJson, parseExpr, prettyExpr } from "../../promql/parse/index.ts";
import type { EvaluatedQuery, RequestOptions, StatsWanted } from "../../query/index.ts";
import type { ApiAnswer, ApiCall } from "../endpoint.ts";
import { ApiError, badParameter } from "../errors.ts";
import { formValue, type Form } from "../form.ts";
import { textJson } from "../json.ts";
import { limitParameter, optionalTime, reading } from "../parameters.ts";
import { engineMillis, isBefore, millisBetween, parseApiDuration, parseTime } from "../time-parameters.ts";

const POINTS_MAX = 11_000; // LIM-4

/** Source: spec API-33. */
export async function query(call: ApiCall): Promise<ApiAnswer> {
  const { form, settings, parts } = call;
  const seriesMax = limitParameter(form);
  const time = optionalTime(form, "time");
  const timeMs = time === undefined ? Math.floor(settings.clock.now()) : engineMillis(time);
  const options = requestOptions(call, seriesMax);
  return answerOf(form, () => parts.executor.instant({ query: formValue(form, "query"), timeMs, options }));
}

/** Source: spec API-34. */
export async function queryRange(call: ApiCall): Promise<ApiAnswer> {
  const { form, parts } = call;
  const seriesMax = limitParameter(form);
  const start = reading("start", () => parseTime(formValue(form, "start")));
  const end = reading("end", () => parseTime(formValue(form, "end")));
  if (isBefore(end, start)) throw badParameter("end", "end timestamp must not be before start time");
  const stepMs = reading("step", () => parseApiDuration(formValue(form, "step")));
  // Times are kept in milliseconds, so that a shorter step counts as none.
  if (stepMs < 1) {
    const problem = "zero or negative query resolution step widths are not accepted. Try a positive integer";
    throw badParameter("step", problem);
  }
  if (Math.floor(millisBetween(start, end) / stepMs) > POINTS_MAX) {
    throw new ApiError(
      "bad_data",
      "exceeded maximum resolution of 11,000 points per timeseries. " +
        "Try decreasing the query resolution (?step=XX)",
    );
  }
  const options = requestOptions(call, seriesMax);
  const range = { startMs: engineMillis(start), endMs: engineMillis(end), stepMs: Math.trunc(stepMs) };
  return answerOf(form, () => parts.executor.range({ query: formValue(form, "query"), ...range, options }));
}

/** Source: spec API-37. */
export function formatQuery({ form, settings }: ApiCall): ApiAnswer {
  const expr = reading("query", () => parseExpr(formValue(form, "query"), settings.parse));
  return { kind: "json", json: textJson(prettyExpr(expr)) };
}

/** Source: spec API-38. */
export function parseQuery({ form, settings }: ApiCall): ApiAnswer {
  const expr = reading("query", () => parseExpr(formValue(form, "query"), settings.parse));
  return { kind: "json", json: JSON.stringify(exprToJson(expr)) };
}

function requestOptions(call: ApiCall, seriesMax: number): RequestOptions {
  const { form } = call;
  const timeout = formValue(form, "timeout");
  const timeoutMs = timeout === "" ? undefined : reading("timeout", () => parseApiDuration(timeout));
  const lookback = formValue(form, "lookback_delta");
  return {
    timeoutMs,
    seriesMax,
    lookbackMs: lookback === "" ? undefined : lookbackMillis(lookback),
    stats: statsWanted(formValue(form, "stats")),
    fresh: formValue(form, "nocache") === "1",
    explains: formValue(form, "explain") === "true",
    hints: formValue(form, "hints") === "true",
    signal: call.signal(),
  };
}

function lookbackMillis(text: string): number {
  try {
    return Math.trunc(parseApiDuration(text));
  } catch (error) {
    throw new ApiError("bad_data", `error parsing lookback delta duration: ${(error as Error).message}`);
  }
}

function statsWanted(text: string): StatsWanted {
  if (text === "") return "none";
  return text === "all" ? "per-step" : "totals";
}

async function answerOf(form: Form, run: () => Promise<EvaluatedQuery>): Promise<ApiAnswer> {
  const evaluated = await naming("query", run);
  const { data, infos } = evaluated;
  const stats = formValue(form, "stats");
  const isOldStats = stats !== "" && stats !== "true" && stats !== "all";
  const warnings = isOldStats ? [...evaluated.warnings, oldStatsWarning(stats)] : evaluated.warnings;
  return { kind: "encoded", data, warnings, infos };
}

// A query that cannot be is a bad parameter; a good one that fails on the data is not.
async function naming<Value>(parameter: string, run: () => Promise<Value>): Promise<Value> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof NarthexError && error.errorType === "bad_data") throw badParameter(parameter, error);
    throw error;
  }
}

function oldStatsWarning(value: string): string {
  return (
    `value ${JSON.stringify(value)} for parameter "stats" is deprecated and will be rejected in the next ` +
    'major release, use "true" or "all"'
  );
}
