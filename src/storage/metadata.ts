/** Types a metric may have, in the words of the metadata API. */
export type MetricType =
  | "unknown"
  | "counter"
  | "gauge"
  | "histogram"
  | "summary"
  | "gaugehistogram"
  | "info"
  | "stateset";

/** What a sender says about a metric; texts may be empty. */
export interface MetricMetadata {
  readonly metric: string; // Name of the family.
  readonly type: MetricType;
  readonly help: string;
  readonly unit: string;
}
