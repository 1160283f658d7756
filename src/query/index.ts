export { encodedData, type EncodedData } from "./encode/encoded-data.ts";
export { encodeLabelSets } from "./encode/label-sets.ts";
export { jsonString } from "./encode/json-string.ts";
export { QueryAbandonedError, QueryExpiredError, QueryQueueFullError } from "./errors.ts";
export type { EngineRequest, EvaluatedQuery, QueryEngine, StatsWanted } from "./evaluate.ts";
export { createQueryExecutor } from "./executor.ts";
export type {
  ExecutorLoad,
  InstantRequest,
  QueryExecutor,
  QueryObserver,
  RangeRequest,
  RequestOptions,
} from "./executor.ts";
export { QueryJournal } from "./journal.ts";
export { createPromqlEngine } from "./promql-engine.ts";
export { warmUp } from "./warm-up.ts";
