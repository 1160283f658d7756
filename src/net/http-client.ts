import { gunzip, gunzipSync } from "node:zlib";
import { promisify } from "node:util";
import { Pool } from "undici";
import type { HttpClientConfig } from "../config/index.ts";
import { BodyBuffers } from "./body-buffers.ts";
import { credentialHeaders } from "./credentials.ts";
import { createConnector, readTlsMaterial, type Dial } from "./dialer.ts";
import { exchange, ExchangeError, type RawResponse } from "./exchange.ts";
import { FetchError, fetchError } from "./failure.ts";
import { parseWrittenUrl, type WrittenUrl } from "./written-url.ts";

const REDIRECTS_MAX = 10;
const KEEP_ALIVE_MS = 300_000; // Spec HTTP-14.
const RESPONSE_HEADER_BYTES = 16_384;
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
  /** Says that `body` is not needed any more, so that its memory serves the next answer. Need not be called. */
  readonly release: () => void;
}

export interface HttpClientOptions {
  readonly config: HttpClientConfig;
  readonly dial?: Dial;
}

/**
 * An HTTP/1.1 client with keep-alive for one client block. Requests to one origin go side by side, each on a connection
 * of its own: many targets may stand behind one address, and one that hangs must not hold up the others.
 */
export class HttpClient {
  readonly #config: HttpClientConfig;
  readonly #dial: Dial;
  readonly #pools = new Map<string, Pool>();
  readonly #buffers = new BodyBuffers();

  constructor(options: HttpClientOptions) {
    this.#config = options.config;
    this.#dial = options.dial ?? ((host, port) => ({ host, port }));
  }

  /** Any status is an answer. @throws FetchError in Prometheus's words. */
  async fetch(request: FetchRequest): Promise<FetchResponse> {
    try {
      const raw = await this.#follow(request);
      const contentType = raw.headers["content-type"];
      const body = await unpack(raw, request.maxBodyBytes);
      return {
        status: raw.status,
        statusText: raw.statusText,
        contentType: typeof contentType === "string" ? contentType : "",
        body,
        release: this.#releaseOf(raw.body, body),
      };
    } catch (error) {
      if (error instanceof FetchError) throw error;
      throw fetchError(request.method ?? "GET", request.url, error);
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
    const open = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(open.map((pool) => pool.destroy()));
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
    const pool = await this.#poolFor(url, request.deadlineMs);
    const headers: string[] = ["host", url.authority];
    for (const [name, value] of Object.entries(request.headers ?? {})) headers.push(name, value);
    if (url.authority === request.url.authority) {
      // Credentials stay with the host they were given for (HTTP-15).
      for (const [name, value] of await credentialHeaders(this.#config)) headers.push(name, value);
    }
    return exchange(
      pool,
      {
        method: request.method ?? "GET",
        path: url.path,
        headers,
        ...(request.body === undefined ? {} : { body: request.body }),
        deadlineMs,
        maxBodyBytes: request.maxBodyBytes,
        signal: request.signal,
      },
      this.#buffers,
    );
  }

  async #poolFor(url: WrittenUrl, connectMs: number): Promise<Pool> {
    const known = this.#pools.get(originOf(url));
    if (known !== undefined) return known;
    const tls = this.#config.tlsConfig;
    const material = await readTlsMaterial(url.scheme === "https" ? tls : undefined);
    // Another request may have made it meanwhile.
    const made = this.#pools.get(originOf(url));
    if (made !== undefined) return made;
    const connect = createConnector(url, { dial: this.#dial, tls, material, timeoutMs: connectMs });
    const pool = new Pool(`${url.scheme}://${encodeURIComponent(url.host)}:${url.port}`, {
      connect,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: RESPONSE_HEADER_BYTES,
      headersTimeout: 0, // The request's own deadline covers it.
      bodyTimeout: 0,
    });
    this.#pools.set(originOf(url), pool);
    return pool;
  }
}

function originOf(url: WrittenUrl): string {
  return `${url.scheme}://${url.authority}`;
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
