import { NarthexError } from "../../base/index.ts";
import { PLAIN_HTTP_CLIENT, type DiscoveryFilter, type HttpClientConfig } from "../../config/index.ts";
import { parseWrittenUrl, type HttpClient, type HttpClientOptions } from "../../net/index.ts";

const BODY_BYTES_MAX = 64 * 2 ** 20;

/** An answer of Docker that cannot be used. */
export class DockerError extends NarthexError {
  override readonly name = "DockerError";
  readonly errorType = "execution";
}

/** Docker's HTTP API at one host, over TCP, TLS or a socket of the file system. */
export class DockerApi {
  readonly #client: HttpClient;
  readonly #base: string;
  readonly #timeoutMs: number;
  readonly #userAgent: string;

  /** `host` as written: unix://, tcp://, http:// or https://. The client block serves the last two only (SD-23). */
  constructor(
    host: string,
    options: {
      readonly httpClient: HttpClientConfig;
      readonly createClient: (options: HttpClientOptions) => HttpClient;
      readonly timeoutMs: number;
      readonly userAgent: string;
    },
  ) {
    const { scheme, rest } = /^(?<scheme>[a-z]+):\/\/(?<rest>.*)$/.exec(host)!.groups as Record<
      string,
      string
    >;
    this.#timeoutMs = options.timeoutMs;
    this.#userAgent = options.userAgent;
    if (scheme === "unix") {
      this.#base = "http://localhost";
      this.#client = options.createClient({ config: PLAIN_HTTP_CLIENT, socketPath: rest! });
    } else {
      this.#base = `${scheme === "https" ? "https" : "http"}://${rest!.replace(/\/+$/, "")}`;
      const config = scheme === "tcp" ? PLAIN_HTTP_CLIENT : options.httpClient;
      this.#client = options.createClient({ config });
    }
  }

  /** Gets a list, such as `/containers/json`. @throws DockerError, FetchError */
  async list<Item>(
    path: string,
    options: { readonly filters?: readonly DiscoveryFilter[]; readonly signal: AbortSignal },
  ): Promise<readonly Item[]> {
    const filters = options.filters ?? [];
    const query = filters.length === 0 ? "" : `?filters=${encodeURIComponent(filterText(filters))}`;
    const response = await this.#client.fetch({
      url: parseWrittenUrl(`${this.#base}${path}${query}`),
      headers: { "user-agent": this.#userAgent },
      deadlineMs: this.#timeoutMs,
      maxBodyBytes: BODY_BYTES_MAX,
      signal: options.signal,
    });
    const text = response.body.toString("utf8");
    if (response.status !== 200) {
      throw new DockerError(
        `${path}: status ${response.status} ${response.statusText}: ${text.slice(0, 200)}`,
      );
    }
    const parsed: unknown = parseJson(path, text);
    // Docker says null for a list of nothing.
    if (parsed === null) return [];
    if (!Array.isArray(parsed)) throw new DockerError(`${path}: expected a list`);
    return parsed as Item[];
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DockerError(`${path}: the answer is not JSON`, { cause: error });
  }
}

// {"name": {"value": true}}: values of one name are alternatives.
function filterText(filters: readonly DiscoveryFilter[]): string {
  const byName: Record<string, Record<string, boolean>> = {};
  for (const { name, values } of filters) {
    byName[name] ??= {};
    for (const value of values) byName[name][value] = true;
  }
  return JSON.stringify(byName);
}
