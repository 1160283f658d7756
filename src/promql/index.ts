export { PromqlCanceledError, PromqlExecutionError, PromqlTimeoutError, type StopReason } from "./errors.ts";
export { evaluate, type EvaluateOptions, type EvaluateRequest } from "./evaluate.ts";
export type { EngineFeatures } from "./exec/context.ts";
export type * from "./parse/ast.ts";
export * from "./result.ts";
