import { Pool, ProxyAgent, type Dispatcher } from "undici";
import type { HttpClientConfig } from "../config/index.ts";
import { createConnector, type Dial } from "./dialer.ts";
import { proxyFor, type Environment } from "./proxy.ts";
import {
  hasTlsFiles,
  isSameMaterial,
  readTlsMaterial,
  tlsSettings,
  type TlsMaterial,
} from "./tls-material.ts";
import type { WrittenUrl } from "./written-url.ts";

const KEEP_ALIVE_MS = 300_000; // Spec HTTP-14.
const RESPONSE_HEADER_BYTES = 16_384;

export interface DispatcherOptions {
  readonly config: HttpClientConfig;
  readonly dial: Dial;
  readonly environment: Environment;
  readonly socketPath: string | undefined;
}

interface Entry {
  readonly dispatcher: Dispatcher;
  readonly isProxied: boolean;
  readonly material: TlsMaterial;
}

const NO_MATERIAL: TlsMaterial = { ca: undefined, cert: undefined, key: undefined };

/** Connections of one client block, by origin; made anew when a certificate's file has changed (HTTP-6). */
export class Dispatchers {
  readonly #options: DispatcherOptions;
  readonly #entries = new Map<string, Entry>();
  #isOpen = true;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** @throws UrlError for a proxy's address that is none; the file system's error for a certificate. */
  async for(
    url: WrittenUrl,
    connectMs: number,
  ): Promise<{ readonly dispatcher: Dispatcher; readonly isProxied: boolean }> {
    const origin = `${url.scheme}://${url.authority}`;
    const { tlsConfig } = this.#options.config;
    const known = this.#entries.get(origin);
    if (known !== undefined && !(url.scheme === "https" && hasTlsFiles(tlsConfig))) return known;
    const material = url.scheme === "https" ? await readTlsMaterial(tlsConfig) : NO_MATERIAL;
    // Another request may have made it meanwhile.
    const made = this.#entries.get(origin);
    if (made !== undefined && isSameMaterial(made.material, material)) return made;
    // Requests under way end on the old connections.
    if (made !== undefined) void made.dispatcher.close();
    const entry = this.#create(url, material, connectMs);
    if (this.#isOpen) this.#entries.set(origin, entry);
    return entry;
  }

  /** Breaks all connections. Idempotent. */
  async close(): Promise<void> {
    this.#isOpen = false;
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map(({ dispatcher }) => dispatcher.destroy()));
  }

  #create(url: WrittenUrl, material: TlsMaterial, connectMs: number): Entry {
    const { config, dial, environment, socketPath } = this.#options;
    const tls = tlsSettings(config.tlsConfig, material);
    const serverName = config.tlsConfig?.serverName ?? "";
    const allowH2 = config.enableHttp2 && url.scheme === "https";
    const limits = {
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: RESPONSE_HEADER_BYTES,
      headersTimeout: 0, // The request's own deadline covers it.
      bodyTimeout: 0,
    };
    const proxy = proxyFor(url, config, environment);
    if (proxy !== undefined) {
      const headers = Object.entries(config.proxyConnectHeader).map(
        ([name, values]) => [name, values.join(", ")] as const,
      );
      const dispatcher = new ProxyAgent({
        ...limits,
        uri: proxy.href,
        headers: Object.fromEntries(headers),
        // Plain requests are handed to the proxy whole, as browsers and Go do.
        proxyTunnel: false,
        connectTimeout: connectMs,
        requestTls: { ...tls, servername: serverName === "" ? url.host : serverName, allowH2 },
      });
      return { dispatcher, isProxied: true, material };
    }
    const connect = createConnector(url, {
      dial,
      serverName,
      tls,
      allowH2,
      socketPath,
      timeoutMs: connectMs,
    });
    const dispatcher = new Pool(originForPool(url), { ...limits, connect, allowH2 });
    return { dispatcher, isProxied: false, material };
  }
}

/** An origin that a URL parser takes, whatever letters the host has. */
export function originForPool(url: WrittenUrl): string {
  const host = url.host.includes(":") ? `[${url.host}]` : encodeURIComponent(url.host);
  return `${url.scheme}://${host}:${url.port}`;
}
