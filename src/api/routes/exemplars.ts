import { formatFloat } from "../../model/index.ts";
import { parseExpr, selectorsOf } from "../../promql/parse/index.ts";
import type { Exemplar } from "../../storage/index.ts";
import { EMPTY_ANSWER, type ApiAnswer, type ApiCall } from "../endpoint.ts";
import { ApiError } from "../errors.ts";
import { formValue } from "../form.ts";
import { labelsJson, listJson } from "../json.ts";
import { lookupRange, optionalTime } from "../parameters.ts";
import { isBefore } from "../time-parameters.ts";

/** Exemplars of the series that the selectors of an expression name. Source: spec API-36. */
export function queryExemplars({ form, settings, parts }: ApiCall): ApiAnswer {
  const start = optionalTime(form, "start");
  const end = optionalTime(form, "end");
  if (start !== undefined && end !== undefined && isBefore(end, start)) {
    throw new ApiError("bad_data", "end timestamp must not be before start timestamp");
  }
  const selectors = selectorsOf(parseExpr(formValue(form, "query"), settings.parse));
  if (selectors.length === 0) return EMPTY_ANSWER;
  const { from, to } = lookupRange(form);
  const found = parts.store.exemplars(
    selectors.map(({ matchers }) => matchers),
    from,
    to,
  );
  const json = listJson(found, ({ labels, exemplars }) => {
    return `{"seriesLabels":${labelsJson(labels)},"exemplars":${listJson(exemplars, exemplarJson)}}`;
  });
  return { kind: "json", json };
}

function exemplarJson({ labels, value, time }: Exemplar): string {
  return `{"labels":${labelsJson(labels)},"value":"${formatFloat(value)}","timestamp":${secondsJson(time)}}`;
}

// Three decimals unless they are all zero. Source: spec API-29.
function secondsJson(timeMs: number): string {
  return timeMs % 1000 === 0 ? String(timeMs / 1000) : (timeMs / 1000).toFixed(3);
}
