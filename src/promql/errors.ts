import { NarthexError } from "../base/index.ts";

/** Why an evaluation was told to stop. */
export type StopReason = "timeout" | "canceled";

/** The query asks for something that cannot be evaluated on these data, or for more than the limits allow. */
export class PromqlExecutionError extends NarthexError {
  override readonly name = "PromqlExecutionError";
  readonly errorType = "execution";
}

/** Source: Prometheus promql/engine.go, ErrQueryTimeout; spec LIM-2. */
export class PromqlTimeoutError extends NarthexError {
  override readonly name = "PromqlTimeoutError";
  readonly errorType = "timeout";
  constructor(phase: string) {
    super(`query timed out in ${phase}`);
  }
}

/** Source: Prometheus promql/engine.go, ErrQueryCanceled; spec SEM-20. */
export class PromqlCanceledError extends NarthexError {
  override readonly name = "PromqlCanceledError";
  readonly errorType = "canceled";
  constructor(phase: string) {
    super(`query was canceled in ${phase}`);
  }
}
