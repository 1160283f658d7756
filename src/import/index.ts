export type { BlockInput } from "./block-input.ts";
export { openMetricsInputs } from "./openmetrics.ts";
export {
  isPrometheusRunning,
  openPrometheusData,
  prometheusInputs,
  type ImportFindings,
  type PrometheusData,
} from "./prometheus/data-directory.ts";
export { SAMPLES_MAX } from "./transpose.ts";
