import type { Labels } from "../model/index.ts";
import { jsonString } from "../query/index.ts";

/** A label set as a JSON object, its texts in the raw style. Source: spec API-13, API-31. */
export function labelsJson(labels: Labels): string {
  let json = "{";
  for (let i = 0; i < labels.length; i += 2) {
    if (i > 0) json += ",";
    json += `${jsonString(labels[i]!, "raw")}:${jsonString(labels[i + 1]!, "raw")}`;
  }
  return `${json}}`;
}

/** A text in the ordinary style, where `<`, `>` and `&` are escaped. */
export function textJson(text: string): string {
  return jsonString(text, "html");
}

export function listJson<Item>(items: Iterable<Item>, itemJson: (item: Item) => string): string {
  let json = "";
  for (const item of items) json += json === "" ? itemJson(item) : `,${itemJson(item)}`;
  return `[${json}]`;
}

/** An object from names and JSON texts; what is undefined is left out. */
export function objectJson(fields: Iterable<readonly [name: string, json: string | undefined]>): string {
  let json = "";
  for (const [name, value] of fields) {
    if (value !== undefined) json += `${json === "" ? "" : ","}${textJson(name)}:${value}`;
  }
  return `{${json}}`;
}

/**
 * A time as Prometheus prints it: RFC 3339 in UTC without trailing zeros in the fraction; undefined is Go's
 * zero time.
 */
export function timeJson(ms: number | undefined): string {
  if (ms === undefined) return '"0001-01-01T00:00:00Z"';
  const text = new Date(ms).toISOString().replace(/\.?0*Z$/, "Z");
  return `"${text}"`;
}
