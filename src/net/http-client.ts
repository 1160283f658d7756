import { gunzip, gunzipSync } from "node:zlib";
import { promisify } from "node:util";
import type { Dispatcher } from "undici";
import type { HttpClientConfig } from "../config/index.ts";
import { BodyBuffers } from "./body-buffers.ts";
import { credentialHeaders } from "./credentials.ts";
import type { Dial } from "./dialer.ts";
import { Dispatchers, originForPool } from "./dispatchers.ts";
import { exchange, ExchangeError, type ExchangeRequest, type RawResponse } from "./exchange.ts";
import { FetchError, fetchError } from "./failure.ts";
import { tokenClientConfig, TokenSource } from "./oauth2.ts";
import type { Environment } from "./proxy.ts";
import { openStream, type StreamedResponse } from "./stream.ts";
import { parseWrittenUrl, type WrittenUrl } from "./written-url.ts";

const REDIRECTS_MAX = 10;
// Below this, unpacking on the spot costs less than a trip through the thread pool.
const SYNC_GUNZIP_BYTES = 256 * 1024;

export interface FetchRequest {
  readonly url: WrittenUrl;
  readonly method?: "GET" | "POST" | "PUT";
  /** Lower-case names; Host and credentials are added. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** For everything: looking up, connecting, headers, whole body, redirects. */
  readonly deadlineMs: number;
  /** Largest accepted body, unpacked. */
  readonly maxBodyBytes: number;
  readonly signal?: AbortSignal;
}

export interface FetchResponse {
  readonly status: number;
  readonly statusText: string; // E.g. "Not Found".
  readonly contentType: string; // "" when the answer has none.
  readonly body: Buffer; // Unpacked when the answer said gzip.
  /** Value of a header by its name in small letters; "" when there is none or several. */
  readonly headerText: (name: string) => string;
  /** Says that `body` is not needed any more, so that its memory serves the next answer. Need not be called. */
  readonly release: () => void;
}

export interface HttpClientOptions {
  readonly config: HttpClientConfig;
  readonly dial?: Dial;
  /** A socket of the file system that all requests go to, whatever host they name. */
  readonly socketPath?: string;
  /** For `proxy_from_environment`; without it there is no proxy. */
  readonly environment?: Environment;
}

/**
 * An HTTP client with keep-alive for one client block: HTTP/2 over TLS where the other side offers it, else HTTP/1.1.
 * Requests to one origin go side by side, each on a connection
 * of its own: many targets may stand behind one address, and one that hangs must not hold up the others.
 */
export class HttpClient {
  readonly #config: HttpClientConfig;
  readonly #dispatchers: Dispatchers;
  readonly #tokenClient: HttpClient | undefined;
  readonly #tokens: TokenSource | undefined;
  readonly #buffers = new BodyBuffers();

  constructor(options: HttpClientOptions) {
    this.#config = options.config;
    const { config, dial = (host, port) => ({ host, port }), environment = {} } = options;
    const { socketPath } = options;
    this.#dispatchers = new Dispatchers({ config, dial, environment, socketPath });
    if (config.oauth2 === undefined) return;
    this.#tokenClient = new HttpClient({ ...options, config: tokenClientConfig(config, config.oauth2) });
    this.#tokens = new TokenSource(config.oauth2, this.#tokenClient, Date.now);
  }

  /** Any status is an answer. @throws FetchError in Prometheus's words. */
  async fetch(request: FetchRequest): Promise<FetchResponse> {
    try {
      const raw = await this.#follow(request);
      const headerText = (name: string): string => {
        const value = raw.headers[name];
        return typeof value === "string" ? value : "";
      };
      const body = await unpack(raw, request.maxBodyBytes);
      return {
        status: raw.status,
        statusText: raw.statusText,
        contentType: headerText("content-type"),
        body,
        headerText,
        release: this.#releaseOf(raw.body, body),
      };
    } catch (error) {
      if (error instanceof FetchError) throw error;
      throw fetchError(request.method ?? "GET", request.url, error);
    }
  }

  /** For answers that go on, such as a watch; redirects are answers. @throws FetchError until the head is there. */
  async stream(request: Omit<FetchRequest, "maxBodyBytes">): Promise<StreamedResponse> {
    try {
      const { dispatcher, wire } = await this.#prepare(request.url, request, request.deadlineMs);
      return await openStream(dispatcher, wire);
    } catch (error) {
      if (error instanceof FetchError) throw error;
      const isAborted = request.signal?.aborted === true;
      const cause = new ExchangeError(isAborted ? "aborted" : "transport", false, { cause: error });
      throw fetchError(request.method ?? "GET", request.url, cause);
    }
  }

  #releaseOf(raw: Buffer, body: Buffer): () => void {
    let isHeld = raw === body;
    if (!isHeld) this.#buffers.give(raw);
    return () => {
      if (isHeld) this.#buffers.give(raw);
      isHeld = false;
    };
  }

  /** Breaks all connections. Idempotent. */
  async close(): Promise<void> {
    await Promise.all([this.#dispatchers.close(), this.#tokenClient?.close()]);
  }

  async #follow(request: FetchRequest): Promise<RawResponse> {
    const startedMs = performance.now();
    const follows = this.#config.followRedirects && (request.method ?? "GET") === "GET";
    let url = request.url;
    for (let hop = 0; hop <= REDIRECTS_MAX; hop++) {
      const leftMs = request.deadlineMs - (performance.now() - startedMs);
      if (leftMs <= 0) throw new ExchangeError("deadline", false);
      const response = await this.#once(url, request, leftMs).catch((error: unknown) => {
        if (!isLostConnection(error) || (request.method ?? "GET") !== "GET") throw error;
        // The other side may have closed a kept connection just as it was used; as Go does, try once more.
        return this.#once(url, request, request.deadlineMs - (performance.now() - startedMs));
      });
      const location = response.headers["location"];
      if (!follows || !isRedirect(response.status) || typeof location !== "string") return response;
      url = redirectTarget(url, location);
    }
    throw new FetchError("transport", `Get "${request.url.text}": stopped after ${REDIRECTS_MAX} redirects`);
  }

  async #once(url: WrittenUrl, request: FetchRequest, deadlineMs: number): Promise<RawResponse> {
    const { dispatcher, wire } = await this.#prepare(url, request, deadlineMs);
    return exchange(dispatcher, { ...wire, maxBodyBytes: request.maxBodyBytes }, this.#buffers);
  }

  async #prepare(
    url: WrittenUrl,
    request: Omit<FetchRequest, "maxBodyBytes">,
    deadlineMs: number,
  ): Promise<{ dispatcher: Dispatcher; wire: Omit<ExchangeRequest, "maxBodyBytes"> }> {
    const { dispatcher, isProxied } = await this.#dispatchers.for(url, request.deadlineMs);
    const headers: string[] = ["host", url.authority];
    for (const [name, value] of Object.entries(request.headers ?? {})) headers.push(name, value);
    if (url.authority === request.url.authority) {
      // Credentials stay with the host they were given for (HTTP-15).
      const tokens = this.#tokens;
      const token = tokens === undefined ? undefined : () => tokens.header(deadlineMs);
      for (const [name, value] of await credentialHeaders(this.#config, token)) headers.push(name, value);
    }
    const wire = {
      method: request.method ?? "GET",
      origin: originForPool(url),
      path: url.path,
      headers: isProxied ? groupByName(headers) : headers,
      ...(request.body === undefined ? {} : { body: request.body }),
      deadlineMs,
      signal: request.signal,
    };
    return { dispatcher, wire };
  }
}

// The proxy's dispatcher keeps one of several lines with a name unless they come as one.
function groupByName(lines: readonly string[]): Record<string, string | string[]> {
  const grouped: Record<string, string | string[]> = {};
  for (let i = 0; i < lines.length; i += 2) {
    const [name, value] = [lines[i]!, lines[i + 1]!];
    const before = grouped[name];
    grouped[name] = before === undefined ? value : [before, value].flat();
  }
  return grouped;
}

const LOST_CONNECTION = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"]);

function isLostConnection(error: unknown): boolean {
  if (!(error instanceof ExchangeError) || error.kind !== "transport" || error.headersSeen) return false;
  const { cause } = error;
  return cause instanceof Error && "code" in cause && LOST_CONNECTION.has(String(cause.code));
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

function redirectTarget(from: WrittenUrl, location: string): WrittenUrl {
  if (/^[a-z][a-z0-9+.-]*:/i.test(location)) return parseWrittenUrl(location);
  if (location.startsWith("//")) return parseWrittenUrl(`${from.scheme}:${location}`);
  const resolved = new URL(location, `http://placeholder${from.path}`);
  return parseWrittenUrl(`${from.scheme}://${from.authority}${resolved.pathname}${resolved.search}`);
}

/** Unpacks gzip only when the answer says exactly that (SCR-23), never beyond the limit. */
async function unpack(raw: RawResponse, maxBodyBytes: number): Promise<Buffer> {
  if (raw.headers["content-encoding"] !== "gzip" || raw.body.length === 0) return raw.body;
  const options = { maxOutputLength: Math.max(1, Math.min(maxBodyBytes, 2 ** 31)) };
  try {
    if (raw.body.length <= SYNC_GUNZIP_BYTES) return gunzipSync(raw.body, options);
    return await promisify(gunzip)(raw.body, options);
  } catch (error) {
    if (error instanceof RangeError) throw new ExchangeError("body-limit", true, { cause: error });
    throw error;
  }
}
