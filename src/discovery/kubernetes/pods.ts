import { joinHostPort } from "../meta-label.ts";
import { attachedNode, namespaceLabels, ownedPodLabels, type Cluster } from "./cluster.ts";
import { putGiven, type Meta } from "./meta.ts";
import type { Container, ContainerPort, Pod } from "./objects.ts";
import type { Found } from "./roles.ts";

/** One target for each port of each container. Source: spec SD-34. */
export function podTargets(pod: Pod, cluster: Cluster): Found {
  const ip = pod.status?.podIP ?? "";
  // A pod that is starting or was evicted has no address.
  if (ip === "") return { labels: {}, targets: [] };
  const labels = {
    ...namespaceLabels(cluster, pod.metadata),
    ...attachedNode(cluster, pod.spec?.nodeName),
    ...ownedPodLabels(cluster, pod),
  };
  const targets = containersOf(pod).flatMap((place): Meta[] => {
    const { container, isInit } = place;
    const common = putGiven(containerLabels(place), {
      pod_container_id: containerId(pod, container.name, isInit),
    });
    const ports = container.ports ?? [];
    if (ports.length === 0) return [{ ...common, __address__: ip }];
    return ports.map((port) => {
      const target = putGiven({ __address__: joinHostPort(ip, port.containerPort) }, portLabels(port));
      return Object.assign(target, common);
    });
  });
  return { labels, targets };
}

export interface PlacedContainer {
  readonly container: Container;
  readonly isInit: boolean;
}

export function containersOf({ spec }: Pod): PlacedContainer[] {
  return [
    ...(spec?.containers ?? []).map((container) => ({ container, isInit: false })),
    ...(spec?.initContainers ?? []).map((container) => ({ container, isInit: true })),
  ];
}

export function containerLabels({ container, isInit }: PlacedContainer): Meta {
  return putGiven(
    {},
    {
      pod_container_name: container.name,
      pod_container_image: container.image ?? "",
      pod_container_init: isInit,
    },
  );
}

/** For `putGiven`. */
export function portLabels(port: ContainerPort): Readonly<Record<string, string | number>> {
  return {
    pod_container_port_name: port.name ?? "",
    pod_container_port_number: port.containerPort,
    pod_container_port_protocol: port.protocol ?? "",
  };
}

function containerId({ status }: Pod, name: string, isInit: boolean): string {
  const statuses = isInit ? status?.initContainerStatuses : status?.containerStatuses;
  return statuses?.find((each) => each.name === name)?.containerID ?? "";
}
