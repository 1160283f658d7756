export { PromqlCanceledError, PromqlExecutionError, PromqlTimeoutError, type StopReason } from "./errors.ts";
export { evaluate, type EvaluateOptions, type EvaluateRequest } from "./evaluate.ts";
export type { EngineFeatures } from "./exec/context.ts";
export * from "./parse/index.ts";
export * from "./result.ts";
