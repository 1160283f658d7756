import type { KubernetesAttached } from "../../config/index.ts";
import { nodeLabels, podLabels, putGiven, putLabels, type Meta } from "./meta.ts";
import type { KubernetesObject, Node, ObjectMeta, Pod, Service } from "./objects.ts";

/** Objects by key, as a watch keeps them. */
export type Objects<Kind extends KubernetesObject> = ReadonlyMap<string, Kind>;

/** What is known of the cluster while targets are made; maps of objects that are not watched are empty. */
export interface Cluster {
  readonly nodes: Objects<Node>;
  readonly namespaces: Objects<KubernetesObject>;
  readonly pods: Objects<Pod>;
  readonly services: Objects<Service>;
  readonly replicaSets: Objects<KubernetesObject>;
  readonly jobs: Objects<KubernetesObject>;
  readonly attached: KubernetesAttached;
}

/** Labels of the namespace, where they are wanted. */
export function namespaceLabels({ attached, namespaces }: Cluster, { namespace }: ObjectMeta): Meta {
  const labels: Meta = {};
  const found = attached.namespace ? namespaces.get(namespace ?? "") : undefined;
  if (found !== undefined) putLabels(labels, "namespace", found.metadata);
  return labels;
}

/** Labels of a node, where they are wanted. */
export function attachedNode({ attached, nodes }: Cluster, name: string | undefined): Meta {
  const node = attached.node && name !== undefined ? nodes.get(name) : undefined;
  return node === undefined ? {} : nodeLabels(node);
}

/** Labels of a pod with the names of what it belongs to, where they are wanted (SD-34). */
export function ownedPodLabels({ attached, replicaSets, jobs }: Cluster, pod: Pod): Meta {
  const labels = podLabels(pod);
  const owner = controllerOf(pod.metadata);
  if (owner === undefined) return labels;
  const ownerKey = `${pod.metadata.namespace ?? ""}/${owner.name}`;
  const above = (objects: Objects<KubernetesObject>, kind: string): string | undefined => {
    const found = objects.get(ownerKey);
    const next = found === undefined ? undefined : controllerOf(found.metadata);
    return next?.kind === kind ? next.name : undefined;
  };
  return putGiven(labels, {
    pod_deployment_name:
      attached.deployment && owner.kind === "ReplicaSet" ? above(replicaSets, "Deployment") : undefined,
    pod_job_name: attached.job && owner.kind === "Job" ? owner.name : undefined,
    pod_cronjob_name: attached.cronjob && owner.kind === "Job" ? above(jobs, "CronJob") : undefined,
  });
}

function controllerOf(metadata: ObjectMeta) {
  return metadata.ownerReferences?.find(({ controller }) => controller === true);
}
