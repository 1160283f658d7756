export { encodedData, type EncodedData } from "./encode/encoded-data.ts";
export { encodeLabelSets } from "./encode/label-sets.ts";
export { jsonString } from "./encode/json-string.ts";
export { QueryAbandonedError, QueryExpiredError, QueryQueueFullError } from "./errors.ts";
export type { EngineRequest, EvaluatedQuery, JobRunner, QueryEngine, StatsWanted } from "./evaluate.ts";
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
export { createGradedRunner } from "./pool/graded-runner.ts";
export type { EngineSettings, PoolThreadStart } from "./pool/messages.ts";
export type { SharedQueryable } from "./pool/pool-thread.ts";
export { QueryPool } from "./pool/query-pool.ts";
export { shortSelections } from "./pool/short-selections.ts";
export { serveQueries } from "./pool/serve.ts";
export { createPromqlEngine } from "./promql-engine.ts";
export { warmUp } from "./warm-up.ts";
