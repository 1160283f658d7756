import type { EncodedData } from "../query/index.ts";
import type { ApiParts, ApiSettings } from "./dependencies.ts";
import type { Form } from "./form.ts";

/** One request as an endpoint sees it. */
export interface ApiCall {
  readonly settings: ApiSettings;
  readonly parts: ApiParts;
  /** Body and query string merged, body first (API-6). */
  readonly form: Form;
  /** The query string alone. */
  readonly urlForm: Form;
  /** The `:name` part of the path, still percent-encoded; "" for paths without one. */
  readonly pathSegment: string;
  /** Aborted when the client goes away. */
  readonly signal: () => AbortSignal;
}

/** What an endpoint answers. */
export type ApiAnswer =
  /** `json` is the text of `data`. */
  | { readonly kind: "json"; readonly json: string; readonly warnings?: readonly string[] }
  | {
      readonly kind: "encoded";
      readonly data: EncodedData;
      readonly warnings: readonly string[];
      readonly infos: readonly string[];
    }
  /** 204 without a body (API-8). */
  | { readonly kind: "empty" };

/** A JSON endpoint: pure of HTTP; what it throws becomes the error envelope. */
export type ApiEndpoint = (call: ApiCall) => ApiAnswer | Promise<ApiAnswer>;

export const EMPTY_ANSWER: ApiAnswer = { kind: "empty" };
export const TRUNCATED = "results truncated due to limit";
