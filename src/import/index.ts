export type { BlockInput, InputColumn } from "./block-input.ts";
export { ImportError } from "./errors.ts";
export {
  isPrometheusRunning,
  openPrometheusData,
  prometheusInputs,
  type ImportFindings,
  type NamedInput,
  type PrometheusData,
} from "./prometheus/data-directory.ts";
export { SAMPLES_MAX } from "./transpose.ts";
