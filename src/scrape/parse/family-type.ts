/** Types a metric family may have, in the words of the metadata API. */
export type FamilyType =
  | "unknown"
  | "counter"
  | "gauge"
  | "histogram"
  | "summary"
  | "gaugehistogram"
  | "info"
  | "stateset";

/** The type in force at a series, as a number for columns: position in this list. */
export const FAMILY_TYPES: readonly FamilyType[] = [
  "unknown",
  "counter",
  "gauge",
  "histogram",
  "summary",
  "gaugehistogram",
  "info",
  "stateset",
];

export const UNKNOWN_TYPE = 0;
export const HISTOGRAM_TYPE = 3;
export const SUMMARY_TYPE = 4;

const TEXT_TYPES: ReadonlyMap<string, number> = new Map([
  ["counter", 1],
  ["gauge", 2],
  ["histogram", HISTOGRAM_TYPE],
  ["summary", SUMMARY_TYPE],
  ["untyped", UNKNOWN_TYPE],
]);

/** Code of a type name of the Prometheus text format (TXT-12); undefined when there is no such type. */
export function textTypeCode(name: string): number | undefined {
  return TEXT_TYPES.get(name);
}

/** Code of a type name of OpenMetrics (OM-4); undefined when there is no such type. */
export function openMetricsTypeCode(name: string): number | undefined {
  const code = FAMILY_TYPES.findIndex((type) => type === name);
  return code < 0 ? undefined : code;
}
