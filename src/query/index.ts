export { encodedData, type EncodedData } from "./encode/encoded-data.ts";
export { encodeLabelSets } from "./encode/label-sets.ts";
export { jsonString, type StringStyle } from "./encode/json-string.ts";
export { QueryAbandonedError, QueryExpiredError, QueryQueueFullError } from "./errors.ts";
export type { EngineRequest, EvaluatedQuery, QueryEngine, StatsWanted } from "./evaluate.ts";
export { createQueryExecutor } from "./executor.ts";
export type {
  ExecutorLoad,
  ExecutorOptions,
  InstantRequest,
  QueryExecutor,
  QueryLimits,
  QueryObserver,
  RangeRequest,
  RequestOptions,
} from "./executor.ts";
export { createPromqlEngine, ExpressionTypeError, type PromqlEngineOptions } from "./promql-engine.ts";
export type { QueryTimings } from "./stats.ts";
