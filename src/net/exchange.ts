import type { Dispatcher } from "undici";
import type { BodyBuffers } from "./body-buffers.ts";

/** A raw answer: body bytes as they came, before any content decoding, in a buffer of `BodyBuffers`. */
export interface RawResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Why no whole answer came. */
export class ExchangeError extends Error {
  override readonly name = "ExchangeError";
  readonly kind: "deadline" | "body-limit" | "aborted" | "transport";
  readonly headersSeen: boolean;
  constructor(kind: ExchangeError["kind"], headersSeen: boolean, options?: ErrorOptions) {
    super(kind, options);
    this.kind = kind;
    this.headersSeen = headersSeen;
  }
}

export interface ExchangeRequest {
  readonly method: "GET" | "POST" | "PUT";
  readonly origin: string;
  readonly path: string;
  readonly headers: readonly string[] | Readonly<Record<string, string | string[]>>; // Name, value, name, value…
  readonly body?: Uint8Array;
  readonly deadlineMs: number; // For all of it: waiting for a connection, headers and body.
  readonly maxBodyBytes: number; // Of the bytes on the wire.
  readonly signal?: AbortSignal | undefined;
}

/**
 * One request on one connection with one deadline. Goes through `dispatch`, not `request`: no stream objects
 * are made for a body that is wanted whole.
 * @throws ExchangeError; never anything else.
 */
export function exchange(
  dispatcher: Dispatcher,
  request: ExchangeRequest,
  buffers: BodyBuffers,
): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const collector = new Collector(request, buffers, { resolve, reject });
    try {
      dispatcher.dispatch(
        {
          origin: request.origin,
          path: request.path,
          method: request.method,
          headers: request.headers as string[] | Record<string, string | string[]>,
          ...(request.body === undefined ? {} : { body: request.body }),
        },
        collector,
      );
    } catch (error) {
      collector.fail("transport", error);
    }
  });
}

interface Outcome {
  readonly resolve: (response: RawResponse) => void;
  readonly reject: (error: ExchangeError) => void;
}

class Collector implements Dispatcher.DispatchHandler {
  readonly #request: ExchangeRequest;
  readonly #buffers: BodyBuffers;
  readonly #outcome: Outcome;
  readonly #timer: NodeJS.Timeout;
  readonly #onAbort: () => void;
  #buffer: Buffer | undefined; // The body so far is its first `#bytes` bytes.
  #controller: Dispatcher.DispatchController | undefined;
  #head: { status: number; statusText: string; headers: RawResponse["headers"] } | undefined;
  #bytes = 0;
  #settled = false;

  constructor(request: ExchangeRequest, buffers: BodyBuffers, outcome: Outcome) {
    this.#request = request;
    this.#buffers = buffers;
    this.#outcome = outcome;
    this.#timer = setTimeout(() => this.fail("deadline"), request.deadlineMs);
    this.#onAbort = () => this.fail("aborted");
    request.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) controller.abort(new Error("no longer wanted"));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
    statusText?: string,
  ): void {
    if (status < 200) return;
    this.#head = { status, statusText: statusText ?? "", headers };
    const declared = Number(headers["content-length"]);
    if (declared > this.#request.maxBodyBytes) this.fail("body-limit");
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    const bytes = this.#bytes + chunk.length;
    if (bytes > this.#request.maxBodyBytes) {
      this.fail("body-limit");
      return;
    }
    if (this.#buffer === undefined || this.#buffer.length < bytes) this.#grow(bytes);
    chunk.copy(this.#buffer!, this.#bytes);
    this.#bytes = bytes;
  }

  onResponseEnd(): void {
    if (this.#settled || this.#head === undefined) return;
    this.#settle();
    const body = this.#buffer === undefined ? Buffer.alloc(0) : this.#buffer.subarray(0, this.#bytes);
    this.#outcome.resolve({ ...this.#head, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail("transport", error);
  }

  fail(kind: ExchangeError["kind"], cause?: unknown): void {
    if (this.#settled) return;
    this.#settle();
    if (this.#buffer !== undefined) this.#buffers.give(this.#buffer);
    this.#outcome.reject(new ExchangeError(kind, this.#head !== undefined, { cause }));
    this.#controller?.abort(new Error(kind));
  }

  #grow(bytes: number): void {
    const larger = this.#buffers.take(bytes);
    if (this.#buffer !== undefined) {
      this.#buffer.copy(larger, 0, 0, this.#bytes);
      this.#buffers.give(this.#buffer);
    }
    this.#buffer = larger;
  }

  #settle(): void {
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#request.signal?.removeEventListener("abort", this.#onAbort);
  }
}
