import type { DockerSdConfig, DockerSwarmSdConfig } from "../../config/index.ts";
import type { HttpClient, HttpClientOptions } from "../../net/index.ts";
import type { Discoverer } from "../discoverer.ts";
import { createPollingDiscoverer, type PollingOptions } from "../polling.ts";
import { DockerApi } from "./api.ts";
import { findContainers } from "./containers.ts";
import { findInSwarm } from "./swarm.ts";

export interface DockerDiscoveryOptions extends PollingOptions {
  readonly createClient: (options: HttpClientOptions) => HttpClient;
  readonly userAgent: string;
}

/** Finds the containers of one Docker host. Source: spec SD-23 to SD-25. */
export function createDockerDiscoverer(config: DockerSdConfig, options: DockerDiscoveryOptions): Discoverer {
  const api = apiOf(config, options);
  return createPollingDiscoverer(
    {
      mechanism: "docker",
      place: config.host,
      intervalMs: config.refreshIntervalMs,
      refresh: (signal) => findContainers(api, config, signal),
      close: () => api.close(),
    },
    options,
  );
}

/** Finds the nodes, services or tasks of a swarm. Source: spec SD-26 to SD-28. */
export function createSwarmDiscoverer(
  config: DockerSwarmSdConfig,
  options: DockerDiscoveryOptions,
): Discoverer {
  const api = apiOf(config, options);
  return createPollingDiscoverer(
    {
      mechanism: "dockerswarm",
      place: config.host,
      intervalMs: config.refreshIntervalMs,
      refresh: (signal) => findInSwarm(api, config, signal),
      close: () => api.close(),
    },
    options,
  );
}

function apiOf(
  { host, httpClient, refreshIntervalMs }: DockerSdConfig | DockerSwarmSdConfig,
  { createClient, userAgent }: DockerDiscoveryOptions,
): DockerApi {
  return new DockerApi(host, { httpClient, createClient, userAgent, timeoutMs: refreshIntervalMs });
}
