import { joinHostPort, metaName } from "../meta-label.ts";
import { namespaceLabels, type Cluster } from "./cluster.ts";
import { nodeLabels, objectLabels, PREFIX, putGiven, type Meta } from "./meta.ts";
import type { Ingress, Node, Service } from "./objects.ts";

/** The group that one object makes. */
export interface Found {
  readonly labels: Readonly<Meta>;
  readonly targets: readonly Readonly<Meta>[];
}

const ADDRESS_TYPES = [
  "InternalIP",
  "InternalDNS",
  "ExternalIP",
  "ExternalDNS",
  "LegacyHostIP",
  "Hostname",
] as const;

/** One target a node: its kubelet. Source: spec SD-33. */
export function nodeTargets(node: Node): Found {
  const { addresses = [], conditions = [], daemonEndpoints } = node.status ?? {};
  const type = ADDRESS_TYPES.find((wanted) => addresses.some((address) => address.type === wanted));
  const address = addresses.find((each) => each.type === type)?.address;
  if (address === undefined) return { labels: {}, targets: [] };
  const target: Meta = {
    __address__: joinHostPort(address, daemonEndpoints?.kubeletEndpoint?.Port ?? 0),
    instance: node.metadata.name,
  };
  // Of several addresses of one type the first counts.
  for (const each of addresses.toReversed()) {
    target[metaName(`${PREFIX}node_address_`, each.type)] = each.address;
  }
  const labels = nodeLabels(node);
  for (const condition of conditions) {
    labels[metaName(`${PREFIX}node_condition_`, condition.type)] = condition.status.toLowerCase();
  }
  return { labels, targets: [target] };
}

/** One target for each port, by the service's name in the cluster. Source: spec SD-35. */
export function serviceTargets(service: Service, cluster: Cluster): Found {
  const { metadata, spec } = service;
  const host = `${metadata.name}.${metadata.namespace ?? ""}.svc`;
  const isExternal = spec?.type === "ExternalName";
  const targets = (spec?.ports ?? []).map((port) =>
    putGiven(
      { __address__: joinHostPort(host, port.port) },
      {
        service_port_name: port.name ?? "",
        service_port_number: port.port,
        service_port_protocol: port.protocol ?? "",
        service_type: spec?.type ?? "",
        service_external_name: isExternal ? (spec?.externalName ?? "") : undefined,
        service_cluster_ip: isExternal ? undefined : (spec?.clusterIP ?? ""),
        service_loadbalancer_ip: spec?.type === "LoadBalancer" ? (spec?.loadBalancerIP ?? "") : undefined,
      },
    ),
  );
  return { labels: { ...objectLabels("service", metadata), ...namespaceLabels(cluster, metadata) }, targets };
}

/** One target for each host and path. Source: spec SD-38. */
export function ingressTargets(ingress: Ingress, cluster: Cluster): Found {
  const { metadata, spec } = ingress;
  const secured = (spec?.tls ?? []).flatMap(({ hosts }) => hosts ?? []);
  const targets = (spec?.rules ?? []).flatMap(({ host = "", http }) => {
    const scheme = secured.some((pattern) => matchesHost(pattern, host)) ? "https" : "http";
    const paths = http?.paths === undefined ? ["/"] : http.paths.map(({ path }) => path || "/");
    return paths.map((path) =>
      putGiven({ __address__: host }, { ingress_scheme: scheme, ingress_host: host, ingress_path: path }),
    );
  });
  const labels = putGiven(
    { ...objectLabels("ingress", metadata), ...namespaceLabels(cluster, metadata) },
    { ingress_class_name: spec?.ingressClassName },
  );
  return { labels, targets };
}

// `*.example.com` stands for one more label in front.
function matchesHost(pattern: string, host: string): boolean {
  if (pattern === host) return true;
  return pattern.startsWith("*.") && /^[^.]+(\..+)$/.exec(host)?.[1] === pattern.slice(1);
}
