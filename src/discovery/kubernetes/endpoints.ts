import { joinHostPort, metaName } from "../meta-label.ts";
import { attachedNode, namespaceLabels, ownedPodLabels, type Cluster } from "./cluster.ts";
import { objectLabels, PREFIX, putGiven, type Meta } from "./meta.ts";
import type {
  EndpointAddress,
  EndpointPort,
  Endpoints,
  EndpointSlice,
  ObjectReference,
  Pod,
  SliceEndpoint,
  SlicePort,
} from "./objects.ts";
import { containerLabels, containersOf, portLabels } from "./pods.ts";
import type { Found } from "./roles.ts";

const SERVICE_NAME = "kubernetes.io/service-name";

/** One target for each address and port, and for each further port of the pods behind them. Source: spec SD-36. */
export function endpointsTargets(endpoints: Endpoints, cluster: Cluster): Found {
  const { metadata } = endpoints;
  const backing = new BackingPods(cluster);
  const targets: Meta[] = [];
  const add = (address: EndpointAddress, port: EndpointPort, isReady: boolean): void => {
    const { targetRef, nodeName, hostname } = address;
    const target = putGiven(
      { __address__: joinHostPort(address.ip, port.port) },
      {
        endpoint_port_name: port.name ?? "",
        endpoint_port_protocol: port.protocol ?? "",
        endpoint_ready: isReady,
        endpoint_address_target_kind: targetRef?.kind,
        endpoint_address_target_name: targetRef?.name,
        endpoint_node_name: nodeName,
        endpoint_hostname: hostname === "" ? undefined : hostname,
      },
    );
    Object.assign(target, attachedNode(cluster, targetRef?.kind === "Node" ? targetRef.name : nodeName));
    targets.push(backing.complete(target, targetRef, { number: port.port, protocol: port.protocol }));
  };
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of endpoints.subsets ?? []) {
    for (const port of ports) {
      for (const address of addresses) add(address, port, true);
      for (const address of notReadyAddresses) add(address, port, false);
    }
  }
  const labels = {
    ...objectLabels("endpoints", metadata),
    ...serviceLabels(cluster, metadata.namespace, metadata.name),
    ...namespaceLabels(cluster, metadata),
  };
  return { labels, targets: [...targets, ...backing.furtherPorts()] };
}

/** The same for slices. Source: spec SD-37. */
export function sliceTargets(slice: EndpointSlice, cluster: Cluster): Found {
  const { metadata } = slice;
  const backing = new BackingPods(cluster);
  const targets: Meta[] = [];
  for (const endpoint of slice.endpoints ?? []) {
    for (const port of slice.ports ?? []) {
      for (const address of endpoint.addresses ?? []) {
        const target = sliceTarget(address, endpoint, port);
        const { targetRef, nodeName } = endpoint;
        Object.assign(target, attachedNode(cluster, targetRef?.kind === "Node" ? targetRef.name : nodeName));
        targets.push(backing.complete(target, targetRef, { number: port.port, protocol: port.protocol }));
      }
    }
  }
  const labels = putGiven(
    {
      ...objectLabels("endpointslice", metadata),
      ...serviceLabels(cluster, metadata.namespace, metadata.labels?.[SERVICE_NAME]),
      ...namespaceLabels(cluster, metadata),
    },
    { endpointslice_address_type: slice.addressType ?? "" },
  );
  return { labels, targets: [...targets, ...backing.furtherPorts()] };
}

function sliceTarget(address: string, endpoint: SliceEndpoint, port: SlicePort): Meta {
  const { conditions, targetRef } = endpoint;
  const target = putGiven(
    { __address__: port.port === undefined ? address : joinHostPort(address, port.port) },
    {
      endpointslice_port_name: port.name,
      endpointslice_port_protocol: port.protocol,
      endpointslice_port: port.port,
      endpointslice_port_app_protocol: port.appProtocol,
      endpointslice_endpoint_conditions_ready: conditions?.ready,
      endpointslice_endpoint_conditions_serving: conditions?.serving,
      endpointslice_endpoint_conditions_terminating: conditions?.terminating,
      endpointslice_endpoint_hostname: endpoint.hostname,
      endpointslice_endpoint_node_name: endpoint.nodeName,
      endpointslice_endpoint_zone: endpoint.zone,
      endpointslice_address_target_kind: targetRef?.kind,
      endpointslice_address_target_name: targetRef?.name,
    },
  );
  for (const [key, value] of Object.entries(endpoint.deprecatedTopology ?? {})) {
    target[metaName(`${PREFIX}endpointslice_endpoint_topology_`, key)] = value;
    target[metaName(`${PREFIX}endpointslice_endpoint_topology_present_`, key)] = "true";
  }
  return target;
}

function serviceLabels({ services }: Cluster, namespace: string | undefined, name: string | undefined): Meta {
  const service = services.get(`${namespace ?? ""}/${name ?? ""}`);
  return service === undefined ? {} : objectLabels("service", service.metadata);
}

interface ServedPort {
  readonly number: number | undefined;
  readonly protocol: string | undefined;
}

/** Pods behind the addresses of one object, and which of their ports have a target. */
class BackingPods {
  readonly #cluster: Cluster;
  readonly #served = new Map<Pod, Set<number>>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Adds the labels of the pod, if one is behind the address, and of its container with that port. */
  complete(target: Meta, reference: ObjectReference | undefined, port: ServedPort): Meta {
    if (reference?.kind !== "Pod") return target;
    const pod = this.#cluster.pods.get(`${reference.namespace ?? ""}/${reference.name ?? ""}`);
    if (pod === undefined) return target;
    Object.assign(target, ownedPodLabels(this.#cluster, pod));
    const served = this.#served.get(pod) ?? new Set();
    this.#served.set(pod, served);
    if (port.number === undefined) return target;
    served.add(port.number);
    for (const place of containersOf(pod)) {
      const found = place.container.ports?.find(({ containerPort }) => containerPort === port.number);
      if (found === undefined) continue;
      Object.assign(target, containerLabels(place));
      putGiven(target, { ...portLabels(found), pod_container_port_protocol: port.protocol ?? "" });
    }
    return target;
  }

  /** Targets for the ports of the seen pods that no endpoint stands for. */
  furtherPorts(): Meta[] {
    const targets: Meta[] = [];
    for (const [pod, served] of this.#served) {
      const ip = pod.status?.podIP ?? "";
      if (ip === "") continue;
      for (const place of containersOf(pod)) {
        for (const port of place.container.ports ?? []) {
          if (served.has(port.containerPort)) continue;
          const target: Meta = {
            ...ownedPodLabels(this.#cluster, pod),
            ...containerLabels(place),
            __address__: joinHostPort(ip, port.containerPort),
          };
          targets.push(putGiven(target, portLabels(port)));
        }
      }
    }
    return targets;
  }
}
