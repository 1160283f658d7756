import type { Dispatcher } from "undici";
import type { ExchangeRequest } from "./exchange.ts";

/** An answer whose body is read as it comes. */
export interface StreamedResponse {
  readonly status: number;
  readonly statusText: string;
  /** Pieces as they came; ends with the answer, throws when the connection breaks or the signal is aborted. */
  readonly body: AsyncIterable<Buffer>;
}

/**
 * One request whose answer may go on for long; `deadlineMs` counts until its head is there.
 * @throws what the dispatcher throws.
 */
export async function openStream(
  dispatcher: Dispatcher,
  request: Omit<ExchangeRequest, "maxBodyBytes">,
): Promise<StreamedResponse> {
  const response = await dispatcher.request({
    origin: request.origin,
    path: request.path,
    method: request.method,
    headers: request.headers as string[],
    headersTimeout: request.deadlineMs,
    bodyTimeout: 0,
    signal: request.signal ?? null,
  });
  return { status: response.statusCode, statusText: response.statusText, body: response.body };
}
