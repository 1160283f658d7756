import type { HttpSdConfig } from "../config/index.ts";
import { labelsFromRecord, labelsToRecord, type TargetGroup } from "../model/index.ts";
import { parseWrittenUrl, type HttpClient } from "../net/index.ts";
import type { Discoverer } from "./discoverer.ts";
import { createPollingDiscoverer, type PollingOptions } from "./polling.ts";
import { parseTargetJson, TargetListError } from "./target-json.ts";

const BODY_BYTES_MAX = 64 * 2 ** 20;
const JSON_TYPE = /^\s*application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

export interface HttpDiscoveryOptions extends PollingOptions {
  readonly client: HttpClient;
  readonly userAgent: string;
}

/** Fetches lists of target groups. Source: spec SD-15 to SD-18. */
export function createHttpDiscoverer(config: HttpSdConfig, options: HttpDiscoveryOptions): Discoverer {
  const { client, userAgent, counters } = options;
  const url = parseWrittenUrl(config.url);

  async function fetchGroups(signal: AbortSignal): Promise<TargetGroup[]> {
    const response = await client.fetch({
      url,
      headers: {
        accept: "application/json",
        "user-agent": userAgent,
        "x-prometheus-refresh-interval-seconds": String(config.refreshIntervalMs / 1000),
      },
      deadlineMs: config.refreshIntervalMs,
      maxBodyBytes: BODY_BYTES_MAX,
      signal,
    });
    if (response.status !== 200) {
      throw new TargetListError(`server returned HTTP status ${response.status} ${response.statusText}`);
    }
    if (!JSON_TYPE.test(response.contentType)) {
      throw new TargetListError(
        `unsupported content type "${response.contentType}", expected "application/json"`,
      );
    }
    return parseTargetJson(response.body.toString("utf8")).map(({ targets, labels }, index) => ({
      source: String(index),
      labels: labelsFromRecord({ ...labelsToRecord(labels), __meta_url: config.url }),
      targets: targets.map((address) => labelsFromRecord({ __address__: address })),
    }));
  }

  return createPollingDiscoverer(
    {
      mechanism: "http",
      place: config.url,
      intervalMs: config.refreshIntervalMs,
      async refresh(signal) {
        try {
          return await fetchGroups(signal);
        } catch (error) {
          counters.httpFailures++;
          throw error;
        }
      },
      close: () => client.close(),
    },
    options,
  );
}
