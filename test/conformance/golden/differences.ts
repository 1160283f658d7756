/**
 * Requests at which 3.14, which the spec describes, answers differently from the recorded 3.5.3, or at which the
 * recorded answer shows how its store keeps samples.
 */
export interface Difference {
  readonly reason: string;
  /** By the request's query. */
  readonly applies: RegExp;
}

export const DIFFERENCES: readonly Difference[] = [
  {
    reason: "functions that 3.5.3 does not know yet (FN-30, FN-34, FN-41, FN-42)",
    applies: /^(step|end|min_of|first_over_time|ts_of_first_over_time)\(/,
  },
  { reason: "a NaN in the window makes the result NaN (FN-33)", applies: /^mad_over_time\(odd_mixture/ },
  {
    reason: "the lower bound may lie in the first bucket (FN-52)",
    applies: /^histogram_fraction\(0, .*_bucket/,
  },
  {
    reason: "differing custom bounds are reconciled (NH-4)",
    applies: /sum\(\{__name__=~"nhcb_\.\*"\}\)|nhcb_latency_seconds [-+] on\(\) group_left nhcb_other_bounds/,
  },
  {
    reason: "extrapolation to the left stops where a native histogram's count would be zero (FN-50c)",
    applies:
      /^(sum\(rate|increase)\(nh_gauge|^rate\(nh_schema_change\[10m\]\)$|^increase\(nh_latency_seconds\{instance="n3"\}\[2h\]\)$/,
  },
  {
    reason: "empty buckets, which its chunks keep where a later sample has a count, become NaN",
    applies: /^nh_latency_seconds \* NaN$/,
  },
  {
    reason: "duration expressions are no longer experimental (PQL-28)",
    applies: /^up( offset \(|\[)5m\+1m[\])]$/,
  },
];
