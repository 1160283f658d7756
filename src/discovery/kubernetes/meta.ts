import { metaName } from "../meta-label.ts";
import type { Node, ObjectMeta, Pod } from "./objects.ts";

export const PREFIX = "__meta_kubernetes_";
const NAMESPACE = `${PREFIX}namespace`;

export type Meta = Record<string, string>;

/** Labels and annotations of an object, `__meta_kubernetes_<role>_label_…` and so on. Source: spec SD-32. */
export function putLabels(into: Meta, role: string, metadata: ObjectMeta): void {
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    into[metaName(`${PREFIX}${role}_label_`, key)] = value;
    into[metaName(`${PREFIX}${role}_labelpresent_`, key)] = "true";
  }
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    into[metaName(`${PREFIX}${role}_annotation_`, key)] = value;
    into[metaName(`${PREFIX}${role}_annotationpresent_`, key)] = "true";
  }
}

/** The name with labels and annotations, and the namespace where there is one. */
export function objectLabels(role: string, metadata: ObjectMeta): Meta {
  const labels: Meta = { [`${PREFIX}${role}_name`]: metadata.name };
  if (metadata.namespace !== undefined) labels[NAMESPACE] = metadata.namespace;
  putLabels(labels, role, metadata);
  return labels;
}

/** Adds each label whose value is not undefined. */
export function putGiven(
  into: Meta,
  given: Readonly<Record<string, string | number | boolean | undefined>>,
): Meta {
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) into[PREFIX + name] = String(value);
  }
  return into;
}

/** What a node is known by, also where it is attached to other targets. */
export function nodeLabels(node: Node): Meta {
  return putGiven(objectLabels("node", node.metadata), { node_provider_id: node.spec?.providerID ?? "" });
}

/** What a pod is known by, also where it stands behind an endpoint. Source: spec SD-34. */
export function podLabels(pod: Pod): Meta {
  const { metadata, spec, status } = pod;
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  return putGiven(objectLabels("pod", metadata), {
    pod_ip: status?.podIP ?? "",
    pod_ready: ready?.status.toLowerCase() ?? "unknown",
    pod_phase: status?.phase ?? "",
    pod_node_name: spec?.nodeName ?? "",
    pod_host_ip: status?.hostIP ?? "",
    pod_uid: metadata.uid ?? "",
    pod_controller_kind: owner?.kind,
    pod_controller_name: owner?.name,
  });
}
