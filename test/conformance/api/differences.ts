/**
 * Exchanges at which the server answers differently from the recorded Prometheus 3.5.3: because the spec describes
 * 3.14, or because the feature is not there yet. docs/compatibility.md says the same for users.
 */
export interface Difference {
  readonly reason: string; // With the row of the spec.
  readonly ids: readonly string[];
  /** Fields that only 3.14 has: without them the answer must be the recorded one. Undefined: it may be anything else. */
  readonly newFields?: readonly string[];
}

export const DIFFERENCES: readonly Difference[] = [
  {
    reason: "statistics tell the samples read (API-35)",
    ids: ["query#26", "query#27", "query_range#25"],
    newFields: ["samplesRead"],
  },
  {
    reason: "the syntax tree has more fields (API-38)",
    ids: numbered("parse_query", 1, 2, 4, 5, 6, 7, 9, 12, 15, 16, 17, 20, 22),
    newFields: ["anchored", "smoothed", "offsetExpr", "rangeExpr", "stepExpr", "fillValues"],
  },
  {
    reason: "targets have labels for what they say about histograms (SCR-1)",
    ids: numbered("targets", 1, 2, 4, 5, 7, 10),
    newFields: [
      "__always_scrape_classic_histograms__",
      "__convert_classic_histograms_to_nhcb__",
      "__scrape_native_histograms__",
    ],
  },
  {
    reason: "the printed configuration has the defaults of 3.14 (CFG-12, CFG-34, CFG-58, CFG-92)",
    ids: ["status#5", "live_status#1"],
  },
  {
    reason: "rules and alerts are not there yet (API-49, API-50, API-51)",
    ids: numbered("rules", 1, 2, 5, 6, 7, 10, 12, 14, 20, 21),
  },
  {
    reason: "series that rules write are not there yet (API-49)",
    ids: [
      ...numbered("live_query", 1, 2, 4, 9, 12),
      ...numbered("federate", 1, 2, 6),
      ...numbered("live_series", 4),
    ],
  },
];

function numbered(category: string, ...numbers: readonly number[]): string[] {
  return numbers.map((number) => `${category}#${number}`);
}
