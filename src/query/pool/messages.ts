// What the main thread and a query worker tell each other. The worker runs one query at a time; what it needs of the
// store it asks while it waits, since the query language reads synchronously.

import type { MessagePort } from "node:worker_threads";
import { errorText, NarthexError, type ErrorType } from "../../base/index.ts";
import type { EngineFeatures, ParseOptions } from "../../promql/index.ts";
import type { LookupRequest, SelectRequest } from "../../storage/index.ts";
import type { EvaluatedQuery, QueryJob } from "../evaluate.ts";

/** What a worker's query engine is made of. Postable. */
export interface EngineSettings {
  readonly parse: ParseOptions;
  readonly features: EngineFeatures;
  /** As `PromqlEngineOptions` has it. */
  readonly memoryBytesMax: number;
}

/** What a worker is started with. */
export interface PoolThreadStart {
  readonly engine: EngineSettings;
  readonly signals: Int32Array; // Shared memory; see below.
  readonly replies: MessagePort; // Replies to what the worker asks.
}

/** Place in the signals that holds why the query is to stop; 0: it is not. */
export const STOP_SIGNAL = 0;
/** Place in the signals that counts replies. */
export const REPLY_SIGNAL = 1;
export const SIGNAL_COUNT = 2;
/** What `STOP_SIGNAL` means, by its number less 1. */
export const STOP_REASONS = ["timeout", "canceled"] as const;

export type ToThread =
  | { readonly kind: "evaluate"; readonly job: QueryJob; readonly defaultSubqueryStepMs: number }
  /** So many bytes of the answer have been taken. */
  | { readonly kind: "taken"; readonly bytes: number }
  /** Nobody wants the rest of the answer; the signals tell, too. */
  | { readonly kind: "dropped" };

export type FromThread =
  | { readonly kind: "ready" }
  | { readonly kind: "ask"; readonly question: Question }
  /** For the log. */
  | { readonly kind: "error"; readonly text: string; readonly fields: Readonly<Record<string, string>> }
  | { readonly kind: "answer"; readonly answer: PostedAnswer }
  | { readonly kind: "chunk"; readonly bytes: Uint8Array }
  /** The worker is free; with a failure when there is no answer, or not all of it. */
  | { readonly kind: "end"; readonly failure: Failure | undefined };

/** An answer without the bytes that may follow. */
export interface PostedAnswer extends Omit<EvaluatedQuery, "data" | "matrix"> {
  readonly first: Uint8Array;
  readonly hasMore: boolean;
  readonly places: Uint32Array | undefined; // Of the matrix, if it is wanted.
}

export type Question =
  | { readonly call: "select"; readonly request: SelectRequest }
  | { readonly call: "series"; readonly request: LookupRequest }
  | { readonly call: "labelNames"; readonly request: LookupRequest }
  | { readonly call: "labelValues"; readonly name: string; readonly request: LookupRequest };

export type Reply =
  | { readonly kind: "selection"; readonly update: unknown; readonly description: unknown }
  | { readonly kind: "result"; readonly result: unknown }
  | { readonly kind: "failure"; readonly failure: Failure };

/** An error on its way between threads. */
interface Failure {
  /** Undefined: nobody's fault but the program's. */
  readonly errorType: ErrorType | undefined;
  readonly text: string;
}

/** What went wrong in another thread. */
class PostedError extends NarthexError {
  override readonly name = "PostedError";
  readonly errorType: ErrorType;
  constructor(errorType: ErrorType, text: string) {
    super(text);
    this.errorType = errorType;
  }
}

export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof NarthexError) return { errorType: thrown.errorType, text: errorText(thrown) };
  const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return { errorType: undefined, text };
}

export function fromFailure({ errorType, text }: Failure): Error {
  return errorType === undefined ? new Error(text) : new PostedError(errorType, text);
}
