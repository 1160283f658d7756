import type { DockerSwarmSdConfig } from "../../config/index.ts";
import { labelsFromRecord, NO_LABELS, type TargetGroup } from "../../model/index.ts";
import { joinHostPort, putMeta } from "../meta-label.ts";
import type { DockerApi } from "./api.ts";
import { networkLabels } from "./networks.ts";

// Nodes, services and tasks of a swarm (spec SD-27, SD-28).

const PREFIX = "__meta_dockerswarm_";

type Texts = Readonly<Record<string, string>> | null;

interface SwarmNode {
  readonly ID: string;
  readonly Spec?: { readonly Role?: string; readonly Availability?: string; readonly Labels?: Texts };
  readonly Description?: {
    readonly Hostname?: string;
    readonly Platform?: { readonly Architecture?: string; readonly OS?: string };
    readonly Engine?: { readonly EngineVersion?: string };
  };
  readonly Status?: { readonly State?: string; readonly Addr?: string };
  readonly ManagerStatus?: {
    readonly Leader?: boolean;
    readonly Reachability?: string;
    readonly Addr?: string;
  };
}

interface PublishedPort {
  readonly Name?: string;
  readonly Protocol?: string;
  readonly PublishedPort?: number;
  readonly PublishMode?: string;
}

interface Service {
  readonly ID: string;
  readonly Spec?: {
    readonly Name?: string;
    readonly Labels?: Texts;
    readonly Mode?: { readonly Replicated?: object | null; readonly Global?: object | null };
    readonly TaskTemplate?: {
      readonly ContainerSpec?: { readonly Image?: string; readonly Hostname?: string };
    };
  };
  readonly Endpoint?: {
    readonly Ports?: readonly PublishedPort[] | null;
    readonly VirtualIPs?: readonly { readonly NetworkID: string; readonly Addr?: string }[] | null;
  };
  readonly UpdateStatus?: { readonly State?: string } | null;
}

interface Task {
  readonly ID: string;
  readonly ServiceID?: string;
  readonly NodeID?: string;
  readonly Slot?: number;
  readonly DesiredState?: string;
  readonly Spec?: { readonly ContainerSpec?: { readonly Labels?: Texts } };
  readonly Status?: {
    readonly State?: string;
    readonly ContainerStatus?: { readonly ContainerID?: string } | null;
    readonly PortStatus?: { readonly Ports?: readonly PublishedPort[] | null };
  };
  readonly NetworksAttachments?:
    | readonly { readonly Network?: { readonly ID: string }; readonly Addresses?: readonly string[] | null }[]
    | null;
}

/** The targets of the configured role. */
export async function findInSwarm(
  api: DockerApi,
  config: DockerSwarmSdConfig,
  signal: AbortSignal,
): Promise<TargetGroup[]> {
  const targets = await targetsOfRole(api, config, signal);
  return [{ source: "DockerSwarm", labels: NO_LABELS, targets: targets.map(labelsFromRecord) }];
}

type Meta = Record<string, string>;

async function targetsOfRole(
  api: DockerApi,
  config: DockerSwarmSdConfig,
  signal: AbortSignal,
): Promise<Meta[]> {
  const { filters, role } = config;
  switch (role) {
    case "nodes": {
      const nodes = await api.list<SwarmNode>("/nodes", { filters, signal });
      return nodes.map((node) => at(nodeLabels(node), joinHostPort(node.Status?.Addr ?? "", config.port)));
    }
    case "services": {
      const services = await api.list<Service>("/services", { filters, signal });
      const networks = await networkLabels(api, PREFIX, signal);
      return services.flatMap((service) => serviceTargets(service, config.port, networks));
    }
    case "tasks": {
      const tasks = await api.list<Task>("/tasks", { filters, signal });
      const services = await api.list<Service>("/services", { signal });
      const nodes = await api.list<SwarmNode>("/nodes", { signal });
      const around: TaskSurroundings = {
        services: new Map(services.map((service) => [service.ID, service])),
        nodes: new Map(nodes.map((node) => [node.ID, nodeLabels(node)])),
        networks: await networkLabels(api, PREFIX, signal),
        port: config.port,
      };
      return tasks.flatMap((task) => taskTargets(task, around));
    }
  }
}

function nodeLabels({ ID, Spec, Description, Status, ManagerStatus }: SwarmNode): Meta {
  const labels: Meta = {
    [`${PREFIX}node_id`]: ID,
    [`${PREFIX}node_role`]: Spec?.Role ?? "",
    [`${PREFIX}node_address`]: Status?.Addr ?? "",
    [`${PREFIX}node_availability`]: Spec?.Availability ?? "",
    [`${PREFIX}node_hostname`]: Description?.Hostname ?? "",
    [`${PREFIX}node_platform_architecture`]: Description?.Platform?.Architecture ?? "",
    [`${PREFIX}node_platform_os`]: Description?.Platform?.OS ?? "",
    [`${PREFIX}node_engine_version`]: Description?.Engine?.EngineVersion ?? "",
    [`${PREFIX}node_status`]: Status?.State ?? "",
  };
  if (ManagerStatus !== undefined) {
    labels[`${PREFIX}node_manager_leader`] = String(ManagerStatus.Leader ?? false);
    labels[`${PREFIX}node_manager_reachability`] = ManagerStatus.Reachability ?? "";
    labels[`${PREFIX}node_manager_address`] = ManagerStatus.Addr ?? "";
  }
  putMeta(labels, `${PREFIX}node_label_`, Spec?.Labels);
  return labels;
}

function serviceLabels({ ID, Spec }: Service): Meta {
  const mode = Spec?.Mode ?? {};
  const labels: Meta = {
    [`${PREFIX}service_id`]: ID,
    [`${PREFIX}service_name`]: Spec?.Name ?? "",
    [`${PREFIX}service_mode`]: modeText(mode),
  };
  putMeta(labels, `${PREFIX}service_label_`, Spec?.Labels);
  return labels;
}

function modeText(mode: { readonly Replicated?: object | null; readonly Global?: object | null }): string {
  if (mode.Global) return "global";
  return mode.Replicated ? "replicated" : "";
}

function serviceTargets(
  service: Service,
  port: number,
  networks: ReadonlyMap<string, Readonly<Meta>>,
): Meta[] {
  const { Spec, Endpoint, UpdateStatus } = service;
  const labels = serviceLabels(service);
  const container = Spec?.TaskTemplate?.ContainerSpec;
  labels[`${PREFIX}service_task_container_hostname`] = container?.Hostname ?? "";
  labels[`${PREFIX}service_task_container_image`] = container?.Image ?? "";
  labels[`${PREFIX}service_updating_status`] = UpdateStatus?.State ?? "";
  return (Endpoint?.VirtualIPs ?? []).flatMap(({ NetworkID, Addr = "" }) => {
    const address = withoutMask(Addr);
    const shared = { ...labels, ...networks.get(NetworkID) };
    const ports = tcpPorts(Endpoint?.Ports);
    if (ports.length === 0) return [at(shared, joinHostPort(address, port))];
    return ports.map((each) =>
      at(shared, joinHostPort(address, each.PublishedPort ?? 0), {
        [`${PREFIX}service_endpoint_port_name`]: each.Name ?? "",
        [`${PREFIX}service_endpoint_port_publish_mode`]: each.PublishMode ?? "",
      }),
    );
  });
}

interface TaskSurroundings {
  readonly services: ReadonlyMap<string, Service>;
  readonly nodes: ReadonlyMap<string, Readonly<Meta>>; // Their labels.
  readonly networks: ReadonlyMap<string, Readonly<Meta>>;
  readonly port: number;
}

function taskTargets(task: Task, { services, nodes, networks, port }: TaskSurroundings): Meta[] {
  const { Status } = task;
  const service = services.get(task.ServiceID ?? "");
  const node = nodes.get(task.NodeID ?? "") ?? {};
  const labels: Meta = {
    ...(service === undefined ? {} : serviceLabels(service)),
    ...node,
    [`${PREFIX}task_id`]: task.ID,
    [`${PREFIX}task_desired_state`]: task.DesiredState ?? "",
    [`${PREFIX}task_state`]: Status?.State ?? "",
    [`${PREFIX}task_slot`]: String(task.Slot ?? 0),
    [`${PREFIX}task_container_id`]: Status?.ContainerStatus?.ContainerID ?? "",
  };
  putMeta(labels, `${PREFIX}container_label_`, task.Spec?.ContainerSpec?.Labels);
  const onNode = tcpPorts(Status?.PortStatus?.Ports).map((each) =>
    at(labels, joinHostPort(node[`${PREFIX}node_address`] ?? "", each.PublishedPort ?? 0), {
      [`${PREFIX}task_port_publish_mode`]: each.PublishMode ?? "",
    }),
  );
  const ports = tcpPorts(service?.Endpoint?.Ports);
  const onNetworks = (task.NetworksAttachments ?? []).flatMap(({ Network, Addresses }) =>
    (Addresses ?? []).flatMap((masked): Meta[] => {
      const address = withoutMask(masked);
      const shared = { ...labels, ...networks.get(Network?.ID ?? "") };
      if (ports.length === 0) return [at(shared, joinHostPort(address, port))];
      return ports.map((each) =>
        at(shared, joinHostPort(address, each.PublishedPort ?? 0), {
          [`${PREFIX}task_port_publish_mode`]: each.PublishMode ?? "",
        }),
      );
    }),
  );
  return [...onNode, ...onNetworks];
}

function at(labels: Readonly<Meta>, address: string, more: Readonly<Meta> = {}): Meta {
  return { ...labels, ...more, __address__: address };
}

function tcpPorts(ports: readonly PublishedPort[] | null | undefined): readonly PublishedPort[] {
  return (ports ?? []).filter(({ Protocol }) => Protocol === "tcp");
}

// Addresses come as networks, 10.0.0.3/24.
function withoutMask(address: string): string {
  return address.replace(/\/\d+$/, "");
}
