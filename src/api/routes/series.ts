import { isUtf8 } from "node:buffer";
import {
  compareLabels,
  compareText,
  goQuote,
  isValidLabelName,
  labelsKey,
  type Labels,
} from "../../model/index.ts";
import type { LookupRequest } from "../../storage/index.ts";
import { encodedData, encodeLabelSets } from "../../query/index.ts";
import { TRUNCATED, type ApiAnswer, type ApiCall } from "../endpoint.ts";
import { ApiError } from "../errors.ts";
import { percentBytes } from "../form.ts";
import { listJson, textJson } from "../json.ts";
import { unescapeLabelName } from "../label-name.ts";
import { limitParameter, lookupRange, matcherSets, reading, requireMatch } from "../parameters.ts";

/** Source: spec API-39. */
export function series({ form, parts }: ApiCall): ApiAnswer {
  requireMatch(form);
  const limit = limitParameter(form);
  const range = lookupRange(form);
  const sets = reading("match[]", () => matcherSets(form));
  // A range that ends before it starts holds no series, though it does hold label names and values.
  const isEmpty = range.from > range.to;
  const found = isEmpty ? [[]] : sets.map((matchers) => parts.store.series({ matchers, ...range }));
  const merged = found.length === 1 ? found[0]! : mergeSeries(found);
  const isCut = limit > 0 && merged.length > limit;
  const data = encodedData(encodeLabelSets(isCut ? merged.slice(0, limit) : merged));
  return { kind: "encoded", data, warnings: isCut ? [TRUNCATED] : [], infos: [] };
}

/** No series can be deleted this way; the path exists in Prometheus too. */
export function dropSeries(): ApiAnswer {
  throw new ApiError("internal", "not implemented");
}

/** Source: spec API-40. */
export function labelNames(call: ApiCall): ApiAnswer {
  return textsAnswer(call, (request) => call.parts.store.labelNames(request));
}

/** Source: spec API-41. */
export function labelValues(call: ApiCall): ApiAnswer {
  const name = labelNameOf(call.pathSegment);
  const limit = limitParameter(call.form);
  // One more than are shown, so that it is seen that there are more.
  const cut = limit > 0 ? { limit: limit + 1 } : {};
  return textsAnswer(call, (request) => call.parts.store.labelValues(name, { ...request, ...cut }));
}

/**
 * The label name in a path segment as it came.
 * @throws ApiError for what is not UTF-8.
 */
function labelNameOf(segment: string): string {
  const bytes = percentBytes(segment);
  if (!isUtf8(bytes)) throw new ApiError("bad_data", `invalid label name: ${quoteBytes(bytes)}`);
  const name = unescapeLabelName(bytes.toString("utf8"));
  if (!isValidLabelName(name)) throw new ApiError("bad_data", `invalid label name: ${goQuote(name)}`);
  return name;
}

// As Go's %q where the bytes are ASCII; every other byte as \xff.
function quoteBytes(bytes: Buffer): string {
  const ascii = [...bytes].map((byte) => {
    if (byte >= 0x80) return `\\x${byte.toString(16)}`;
    return goQuote(String.fromCharCode(byte)).slice(1, -1);
  });
  return `"${ascii.join("")}"`;
}

function textsAnswer({ form }: ApiCall, find: (request: LookupRequest) => readonly string[]): ApiAnswer {
  const limit = limitParameter(form);
  const range = lookupRange(form);
  const sets = matcherSets(form);
  const found = (sets.length === 0 ? [[]] : sets).map((matchers) => find({ matchers, ...range }));
  const merged = found.length === 1 ? found[0]! : [...new Set(found.flat())].toSorted(compareText);
  const isCut = limit > 0 && merged.length > limit;
  const json = listJson(isCut ? merged.slice(0, limit) : merged, textJson);
  return { kind: "json", json, warnings: isCut ? [TRUNCATED] : [] };
}

// Several selectors: each series once, in the order of labels.
function mergeSeries(found: readonly (readonly Labels[])[]): Labels[] {
  const merged = new Map<string, Labels>();
  for (const list of found) for (const labels of list) merged.set(labelsKey(labels), labels);
  return [...merged.values()].toSorted(compareLabels);
}
