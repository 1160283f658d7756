import type { DockerSdConfig } from "../../config/index.ts";
import { labelsFromRecord, NO_LABELS, type Labels, type TargetGroup } from "../../model/index.ts";
import { joinHostPort, putMeta } from "../meta-label.ts";
import type { DockerApi } from "./api.ts";
import { networkLabels } from "./networks.ts";

const PREFIX = "__meta_docker_";
const CONTAINER = "container:";

interface Port {
  readonly IP?: string;
  readonly PrivatePort: number;
  readonly PublicPort?: number;
  readonly Type: string;
}

interface Endpoint {
  readonly NetworkID: string;
  readonly IPAddress?: string;
  readonly GlobalIPv6Address?: string;
}

type Endpoints = Readonly<Record<string, Endpoint | null>>;

interface Container {
  readonly Id: string;
  readonly Names?: readonly string[] | null;
  readonly Image?: string;
  readonly ImageID?: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly Ports?: readonly Port[] | null;
  readonly HostConfig?: { readonly NetworkMode?: string };
  readonly NetworkSettings?: { readonly Networks?: Endpoints | null };
}

/** One target for each network and TCP port of each container. Source: spec SD-24, SD-25. */
export async function findContainers(
  api: DockerApi,
  config: DockerSdConfig,
  signal: AbortSignal,
): Promise<TargetGroup[]> {
  const containers = await api.list<Container>("/containers/json", { filters: config.filters, signal });
  const networks = await networkLabels(api, PREFIX, signal);
  const all = await everyContainer(api, config, containers, signal);
  const targets = containers.flatMap((container) => {
    if ((container.Names ?? []).length === 0) return [];
    const endpoints = endpointsOf(container, all);
    return targetsOf(container, endpoints, { config, networks });
  });
  return [{ source: "docker", labels: NO_LABELS, targets }];
}

// A container may use another one's network, which the filters may leave out.
async function everyContainer(
  api: DockerApi,
  config: DockerSdConfig,
  containers: readonly Container[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Container>> {
  const shares = containers.some(({ HostConfig }) => HostConfig?.NetworkMode?.startsWith(CONTAINER) === true);
  const all =
    shares && config.filters.length > 0
      ? await api.list<Container>("/containers/json", { signal })
      : containers;
  return new Map(all.map((container) => [container.Id, container]));
}

function endpointsOf(container: Container, all: ReadonlyMap<string, Container>): Endpoints {
  // A chain of containers that share networks, each seen once.
  const seen = new Set<string>();
  for (let owner: Container | undefined = container; owner !== undefined && !seen.has(owner.Id);) {
    const endpoints = owner.NetworkSettings?.Networks ?? {};
    if (Object.keys(endpoints).length > 0) return endpoints;
    seen.add(owner.Id);
    const mode: string = owner.HostConfig?.NetworkMode ?? "";
    owner = mode.startsWith(CONTAINER) ? all.get(mode.slice(CONTAINER.length)) : undefined;
  }
  return {};
}

interface Surroundings {
  readonly config: DockerSdConfig;
  readonly networks: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

function targetsOf(container: Container, endpoints: Endpoints, around: Surroundings): Labels[] {
  const { config, networks } = around;
  const common = containerLabels(container);
  const found = Object.keys(endpoints)
    .toSorted()
    .flatMap((name) => endpoints[name] ?? []);
  const targets: Labels[] = [];
  for (const endpoint of config.matchFirstNetwork ? found.slice(0, 1) : found) {
    const ip = endpoint.IPAddress || endpoint.GlobalIPv6Address || "";
    const shared = { ...common, ...networks.get(endpoint.NetworkID), [`${PREFIX}network_ip`]: ip };
    const ports = (container.Ports ?? []).filter(({ Type }) => Type === "tcp");
    for (const port of ports) {
      targets.push(
        labelsFromRecord({
          ...shared,
          [`${PREFIX}port_private`]: String(port.PrivatePort),
          // A port that is bound on several addresses of the host is one target only.
          ...(port.PublicPort === undefined || port.PublicPort === 0
            ? {}
            : {
                [`${PREFIX}port_public`]: String(port.PublicPort),
                [`${PREFIX}port_public_ip`]: port.IP ?? "",
              }),
          __address__: joinHostPort(ip, port.PrivatePort),
        }),
      );
    }
    if (ports.length > 0) continue;
    // Without a port there is only the configured one; a container in the host's network listens where it likes.
    const isHost = container.HostConfig?.NetworkMode === "host";
    const address = isHost ? config.hostNetworkingHost : joinHostPort(ip, config.port);
    targets.push(labelsFromRecord({ ...shared, __address__: address }));
  }
  return targets;
}

function containerLabels(container: Container): Record<string, string> {
  const labels: Record<string, string> = {
    [`${PREFIX}container_id`]: container.Id,
    [`${PREFIX}container_name`]: container.Names?.[0] ?? "",
    [`${PREFIX}container_image`]: container.Image ?? "",
    [`${PREFIX}container_image_id`]: container.ImageID ?? "",
    [`${PREFIX}container_network_mode`]: container.HostConfig?.NetworkMode ?? "",
  };
  putMeta(labels, `${PREFIX}container_label_`, container.Labels);
  return labels;
}
