import { block, field, inline, type BlockType } from "../schema.ts";
import type { ConsulSdConfig } from "../types.ts";
import { boolean, duration, list, map, secret, text } from "../values.ts";
import { HTTP_CLIENT } from "./http-client.ts";
import { authMethods, requirePositive } from "./mechanism.ts";

// Spec SD-39, SD-40.
export const CONSUL: BlockType<ConsulSdConfig> = block({
  fields: {
    httpClient: inline(HTTP_CLIENT),
    server: field("server", text, "localhost:8500"),
    pathPrefix: field("path_prefix", text),
    token: field("token", secret),
    datacenter: field("datacenter", text),
    namespace: field("namespace", text),
    partition: field("partition", text),
    tagSeparator: field("tag_separator", text, ","),
    scheme: field("scheme", text, "http"),
    username: field("username", text),
    password: field("password", secret),
    allowStale: field("allow_stale", boolean, true),
    refreshIntervalMs: field("refresh_interval", duration, 30_000),
    services: field("services", list(text)),
    tags: field("tags", list(text)),
    nodeMeta: field("node_meta", map(text)),
    filter: field("filter", text),
    healthFilter: field("health_filter", text),
  },
  finish(raw: ConsulSdConfig, place): ConsulSdConfig {
    const methods = authMethods(raw.httpClient);
    if (raw.server.trim() === "") {
      place.report("server", "consul SD configuration requires a server address");
    }
    const hasUser = raw.username !== "" || raw.password !== "";
    if (hasUser && methods.includes("basic_auth")) {
      place.report("username", "at most one of username and password or basic_auth can be given");
    }
    if (raw.token !== "" && methods.some((method) => method !== "basic_auth")) {
      place.report("token", "at most one of token, authorization and oauth2 can be given");
    }
    requirePositive(raw.refreshIntervalMs, "refresh_interval", place);
    return raw;
  },
});
