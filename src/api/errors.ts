import { errorText, NarthexError, type ErrorType } from "../base/index.ts";
import { jsonString } from "../query/index.ts";

/** A failure that the API itself finds: a parameter, a switch that is off. */
export class ApiError extends NarthexError {
  override readonly name = "ApiError";
  readonly errorType: ErrorType;
  constructor(errorType: ErrorType, message: string, options?: ErrorOptions) {
    super(message, options);
    this.errorType = errorType;
  }
}

/** What is wrong with one parameter. Source: Prometheus web/api/v1, invalidParamError. */
export function badParameter(name: string, problem: unknown): ApiError {
  return new ApiError("bad_data", `invalid parameter "${name}": ${errorText(problem)}`);
}

/** The HTTP status for each kind of failure; the only place that decides. Source: spec API-14 to API-21. */
const STATUS: Readonly<Record<ErrorType, number>> = {
  bad_data: 400,
  execution: 422,
  timeout: 503,
  canceled: 499,
  internal: 500,
  unavailable: 500,
  not_found: 404,
  not_acceptable: 406,
};

export interface ErrorReply {
  readonly status: number;
  readonly body: string; // JSON.
  /** False for what no user is to blame for, which belongs in the log. */
  readonly expected: boolean;
}

/** Status and envelope for anything thrown by an endpoint. Source: spec API-2. */
export function errorReply(thrown: unknown): ErrorReply {
  const errorType = thrown instanceof NarthexError ? thrown.errorType : "internal";
  const error = jsonString(errorText(thrown), "html");
  return {
    status: STATUS[errorType],
    body: `{"status":"error","errorType":"${errorType}","error":${error}}`,
    expected: errorType !== "internal",
  };
}
