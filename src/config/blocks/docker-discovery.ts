import { block, field, inline, type BlockPlace, type BlockType } from "../schema.ts";
import type { DockerSdConfig, DockerSwarmSdConfig, SwarmRole } from "../types.ts";
import { boolean, duration, integer, list, text } from "../values.ts";
import type { Type } from "../schema.ts";
import { HTTP_CLIENT } from "./http-client.ts";
import { FILTER, requirePositive } from "./mechanism.ts";

// Discovery through Docker's API (spec SD-23, SD-26).

const PORT = 80;
const REFRESH_MS = 60_000;
const ROLES: ReadonlySet<SwarmRole> = new Set(["tasks", "services", "nodes"]);

export const DOCKER: BlockType<DockerSdConfig> = block({
  fields: {
    httpClient: inline(HTTP_CLIENT),
    host: field("host", text),
    port: field("port", integer, PORT),
    filters: field("filters", list(FILTER)),
    hostNetworkingHost: field("host_networking_host", text, "localhost"),
    refreshIntervalMs: field("refresh_interval", duration, REFRESH_MS),
    matchFirstNetwork: field("match_first_network", boolean, true),
  },
  finish(raw: DockerSdConfig, place): DockerSdConfig {
    checkHost(raw.host, place);
    requirePositive(raw.refreshIntervalMs, "refresh_interval", place);
    return raw;
  },
});

export const DOCKER_SWARM: BlockType<DockerSwarmSdConfig> = block({
  fields: {
    httpClient: inline(HTTP_CLIENT),
    host: field("host", text),
    role: field("role", text as Type<SwarmRole>),
    port: field("port", integer, PORT),
    filters: field("filters", list(FILTER)),
    refreshIntervalMs: field("refresh_interval", duration, REFRESH_MS),
  },
  finish(raw: DockerSwarmSdConfig, place): DockerSwarmSdConfig {
    checkHost(raw.host, place);
    const role: string = raw.role;
    if (role === "") place.report("role", "role missing (one of: tasks, services, nodes)");
    else if (!ROLES.has(raw.role)) {
      place.report("role", `invalid role ${role}, expected tasks, services, or nodes`);
    }
    requirePositive(raw.refreshIntervalMs, "refresh_interval", place);
    return raw;
  },
});

function checkHost(host: string, place: BlockPlace): void {
  if (host === "") place.report("host", "host missing");
  else if (!/^(?:unix|tcp|http|https):\/\/./.test(host)) {
    place.report("host", `unable to parse docker host \`${host}\`, expected unix, tcp, http or https`);
  }
}
