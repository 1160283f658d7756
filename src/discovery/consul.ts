import { errorText, NarthexError, sleep } from "../base/index.ts";
import type { ConsulSdConfig } from "../config/index.ts";
import { labelsFromRecord, type Labels, type TargetGroup } from "../model/index.ts";
import { parseWrittenUrl, type HttpClient, type HttpClientOptions } from "../net/index.ts";
import { countRefreshFailure } from "./counters.ts";
import type { Discoverer } from "./discoverer.ts";
import { joinHostPort, putMeta } from "./meta-label.ts";
import type { PollingOptions } from "./polling.ts";

// Services of Consul: one request waits for the catalog to change, one for each service (spec SD-39 to SD-43).

const PREFIX = "__meta_consul_";
const WAIT_SECONDS = 120;
const DEADLINE_MS = (WAIT_SECONDS + 30) * 1000; // Consul may wait a sixteenth longer than it was asked to.
const RETRY_MS = 15_000;
const BODY_BYTES_MAX = 64 * 2 ** 20;

class ConsulError extends NarthexError {
  override readonly name = "ConsulError";
  readonly errorType = "execution";
}

export interface ConsulDiscoveryOptions extends PollingOptions {
  readonly createClient: (options: HttpClientOptions) => HttpClient;
  readonly userAgent: string;
}

interface ServiceEntry {
  readonly Node: {
    readonly Node: string;
    readonly Address: string;
    readonly Datacenter?: string;
    readonly TaggedAddresses?: Readonly<Record<string, string>> | null;
    readonly Meta?: Readonly<Record<string, string>> | null;
  };
  readonly Service: {
    readonly ID: string;
    readonly Service: string;
    readonly Address?: string;
    readonly Port: number;
    readonly Tags?: readonly string[] | null;
    readonly Meta?: Readonly<Record<string, string>> | null;
    readonly Namespace?: string;
    readonly Partition?: string;
  };
  readonly Checks?: readonly { readonly CheckID: string; readonly Status: string }[] | null;
}

type Catalog = Readonly<Record<string, readonly string[] | null>>;
type Deliver = (groups: readonly TargetGroup[]) => void;

/** Follows the services of a Consul agent. */
export function createConsulDiscoverer(config: ConsulSdConfig, options: ConsulDiscoveryOptions): Discoverer {
  return {
    async run(deliver, signal) {
      const client = options.createClient({ config: clientConfig(config) });
      try {
        await new ConsulWatch(config, { ...options, client }, deliver).run(signal);
      } finally {
        await client.close();
      }
    },
  };
}

// User and password of the block itself are an older way to say basic_auth.
function clientConfig({ httpClient, username, password }: ConsulSdConfig): ConsulSdConfig["httpClient"] {
  if (username === "" && password === "") return httpClient;
  return { ...httpClient, basicAuth: { username, usernameFile: "", password, passwordFile: "" } };
}

class ConsulWatch {
  readonly #config: ConsulSdConfig;
  readonly #options: ConsulDiscoveryOptions & { readonly client: HttpClient };
  readonly #deliver: Deliver;
  readonly #services = new Map<string, AbortController>(); // Those that are followed.
  readonly #running = new Set<Promise<void>>();
  #datacenter = "";
  #isFailing = false;

  constructor(
    config: ConsulSdConfig,
    options: ConsulDiscoveryOptions & { readonly client: HttpClient },
    deliver: Deliver,
  ) {
    this.#config = config;
    this.#options = options;
    this.#deliver = deliver;
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#datacenter = this.#config.datacenter;
    if (this.#datacenter === "") await this.#again(signal, () => this.#askDatacenter(signal));
    const { services, tags, nodeMeta, filter } = this.#config;
    const isFixed = services.length > 0 && tags.length === 0 && filter === "";
    if (isFixed && Object.keys(nodeMeta).length === 0) {
      for (const name of services) this.#follow(name, signal);
    } else await this.#followCatalog(signal);
    await Promise.all(this.#running);
  }

  async #askDatacenter(signal: AbortSignal): Promise<void> {
    const { value } = await this.#get("/v1/agent/self", {}, signal);
    const found = (value as { Config?: { Datacenter?: string } }).Config?.Datacenter;
    if (found === undefined) throw new ConsulError("the agent does not tell its datacenter");
    this.#datacenter = found;
  }

  async #followCatalog(signal: AbortSignal): Promise<void> {
    let index = "0";
    while (!signal.aborted) {
      await this.#again(signal, async () => {
        const query = this.#query({ filter: this.#config.filter }, index);
        const answer = await this.#get("/v1/catalog/services", query, signal);
        index = nextIndex(index, answer.index);
        this.#applyCatalog(answer.value as Catalog, signal);
      });
      await this.#pause(this.#config.refreshIntervalMs, signal);
    }
  }

  #applyCatalog(catalog: Catalog, signal: AbortSignal): void {
    const wanted = new Set(
      Object.entries(catalog)
        .filter(([name, tags]) => this.#isWanted(name, tags ?? []))
        .map(([name]) => name),
    );
    for (const name of wanted) if (!this.#services.has(name)) this.#follow(name, signal);
    for (const [name, abort] of this.#services) {
      if (wanted.has(name)) continue;
      abort.abort();
      this.#services.delete(name);
      this.#deliver([this.#groupOf(name, [])]);
    }
  }

  #isWanted(name: string, tags: readonly string[]): boolean {
    const { services, tags: wantedTags } = this.#config;
    const isNamed = services.length === 0 || services.includes(name);
    return isNamed && wantedTags.every((tag) => tags.includes(tag));
  }

  #follow(name: string, signal: AbortSignal): void {
    const abort = new AbortController();
    this.#services.set(name, abort);
    const running = this.#followService(name, AbortSignal.any([signal, abort.signal]));
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }

  async #followService(name: string, signal: AbortSignal): Promise<void> {
    let index = "0";
    while (!signal.aborted) {
      await this.#again(signal, async () => {
        const { tags, healthFilter } = this.#config;
        const query = this.#query({ filter: healthFilter, tags }, index);
        const path = `/v1/health/service/${encodeURIComponent(name)}`;
        const answer = await this.#get(path, query, signal);
        if (!signal.aborted && answer.index !== index) {
          this.#deliver([
            this.#groupOf(
              name,
              (answer.value as readonly ServiceEntry[]).map((entry) => this.#targetOf(entry)),
            ),
          ]);
        }
        index = nextIndex(index, answer.index);
      });
      await this.#pause(this.#config.refreshIntervalMs, signal);
    }
  }

  #groupOf(name: string, targets: readonly Labels[]): TargetGroup {
    const labels = labelsFromRecord({ [`${PREFIX}service`]: name, [`${PREFIX}dc`]: this.#datacenter });
    return { source: name, labels, targets };
  }

  #targetOf({ Node, Service, Checks }: ServiceEntry): Labels {
    const separator = this.#config.tagSeparator;
    const labels: Record<string, string> = {
      __address__: joinHostPort(Service.Address || Node.Address, Service.Port),
      [`${PREFIX}address`]: Node.Address,
      [`${PREFIX}node`]: Node.Node,
      // Separators on both ends, so that a regex need not look for the first and last tag.
      [`${PREFIX}tags`]: separator + (Service.Tags ?? []).join(separator) + separator,
      [`${PREFIX}service_address`]: Service.Address ?? "",
      [`${PREFIX}service_port`]: String(Service.Port),
      [`${PREFIX}service_id`]: Service.ID,
      [`${PREFIX}namespace`]: Service.Namespace ?? "",
      [`${PREFIX}partition`]: Service.Partition ?? "",
      [`${PREFIX}health`]: healthOf(Checks ?? []),
    };
    putMeta(labels, `${PREFIX}metadata_`, Node.Meta);
    putMeta(labels, `${PREFIX}service_metadata_`, Service.Meta);
    putMeta(labels, `${PREFIX}tagged_address_`, Node.TaggedAddresses);
    return labelsFromRecord(labels);
  }

  #query(
    more: { readonly filter: string; readonly tags?: readonly string[] },
    index: string,
  ): Readonly<Record<string, string | readonly string[]>> {
    const { namespace, partition, allowStale, nodeMeta } = this.#config;
    return {
      dc: this.#datacenter,
      ...(namespace === "" ? {} : { ns: namespace }),
      ...(partition === "" ? {} : { partition }),
      ...(allowStale ? { stale: "" } : {}),
      ...(more.filter === "" ? {} : { filter: more.filter }),
      ...(more.tags === undefined ? {} : { tag: more.tags }),
      "node-meta": Object.entries(nodeMeta).map(([key, value]) => `${key}:${value}`),
      index,
      wait: `${WAIT_SECONDS}s`,
    };
  }

  async #get(
    path: string,
    query: Readonly<Record<string, string | readonly string[]>>,
    signal: AbortSignal,
  ): Promise<{ readonly value: unknown; readonly index: string }> {
    const { scheme, server, pathPrefix, token } = this.#config;
    const parameters = new URLSearchParams();
    for (const [name, values] of Object.entries(query)) {
      for (const value of [values].flat()) parameters.append(name, value);
    }
    const prefix = pathPrefix === "" ? "" : `/${pathPrefix.replaceAll(/^\/+|\/+$/g, "")}`;
    const response = await this.#options.client.fetch({
      url: parseWrittenUrl(`${scheme}://${server}${prefix}${path}?${parameters.toString()}`),
      headers: {
        "user-agent": this.#options.userAgent,
        ...(token === "" ? {} : { "x-consul-token": token }),
      },
      deadlineMs: DEADLINE_MS,
      maxBodyBytes: BODY_BYTES_MAX,
      signal,
    });
    const text = response.body.toString("utf8");
    if (response.status !== 200) {
      throw new ConsulError(
        `${path}: status ${response.status} ${response.statusText}: ${text.slice(0, 200)}`,
      );
    }
    return { value: parseJson(path, text), index: response.headerText("x-consul-index") };
  }

  // Until it works.
  async #again(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const { logger, counters } = this.#options;
    const { server } = this.#config;
    while (!signal.aborted) {
      try {
        await work();
        if (this.#isFailing) logger.info("Consul discovery works again", { server });
        this.#isFailing = false;
        return;
      } catch (error) {
        if (signal.aborted) return;
        countRefreshFailure(counters, "consul");
        if (!this.#isFailing) {
          logger.error("Consul discovery failed; the last targets stay", { server, error: errorText(error) });
        }
        this.#isFailing = true;
        await this.#pause(RETRY_MS, signal);
      }
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await sleep(this.#options.clock, ms, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

// An index that goes back means a new start of the server: ask for everything.
function nextIndex(before: string, after: string): string {
  return Number(after) < Number(before) || after === "" ? "0" : after;
}

/** The worst of the checks, as Consul itself puts them together. */
function healthOf(checks: readonly { readonly CheckID: string; readonly Status: string }[]): string {
  const isMaintenance = checks.some(
    ({ CheckID }) => CheckID === "_node_maintenance" || CheckID.startsWith("_service_maintenance:"),
  );
  if (isMaintenance) return "maintenance";
  return (
    ["critical", "warning"].find((status) => checks.some((check) => check.Status === status)) ?? "passing"
  );
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConsulError(`${path}: the answer is not JSON`, { cause: error });
  }
}
