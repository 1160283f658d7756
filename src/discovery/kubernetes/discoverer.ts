import type { Clock, Logger } from "../../base/index.ts";
import type { KubernetesAttached, KubernetesRole, KubernetesSdConfig } from "../../config/index.ts";
import { labelsFromRecord, type TargetGroup } from "../../model/index.ts";
import { parseWrittenUrl, type HttpClient, type HttpClientOptions } from "../../net/index.ts";
import { countRefreshFailure, type DiscoveryCounters } from "../counters.ts";
import type { Discoverer } from "../discoverer.ts";
import type { Cluster } from "./cluster.ts";
import { findConnection, type Connection, type Environment } from "./connection.ts";
import { endpointsTargets, sliceTargets } from "./endpoints.ts";
import type { KubernetesObject, Node, Pod, Service } from "./objects.ts";
import { podTargets } from "./pods.ts";
import { ingressTargets, nodeTargets, serviceTargets, type Found } from "./roles.ts";
import { ObjectWatch } from "./watch.ts";

export interface KubernetesDiscoveryOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: DiscoveryCounters;
  readonly createClient: (options: HttpClientOptions) => HttpClient;
  readonly userAgent: string;
  readonly environment: Environment;
  /** Where a pod's account lies; for tests. */
  readonly accountFolder?: string;
}

type Kind = KubernetesRole | "namespace" | "replicaset" | "job";

interface KindPlace {
  readonly api: string;
  readonly plural: string;
  readonly isNamespaced: boolean;
}

const KINDS: Readonly<Record<Kind, KindPlace>> = {
  node: { api: "/api/v1", plural: "nodes", isNamespaced: false },
  namespace: { api: "/api/v1", plural: "namespaces", isNamespaced: false },
  pod: { api: "/api/v1", plural: "pods", isNamespaced: true },
  service: { api: "/api/v1", plural: "services", isNamespaced: true },
  endpoints: { api: "/api/v1", plural: "endpoints", isNamespaced: true },
  endpointslice: { api: "/apis/discovery.k8s.io/v1", plural: "endpointslices", isNamespaced: true },
  ingress: { api: "/apis/networking.k8s.io/v1", plural: "ingresses", isNamespaced: true },
  replicaset: { api: "/apis/apps/v1", plural: "replicasets", isNamespaced: true },
  job: { api: "/apis/batch/v1", plural: "jobs", isNamespaced: true },
};

const NOTHING_ATTACHED: KubernetesAttached = {
  node: false,
  namespace: false,
  deployment: false,
  job: false,
  cronjob: false,
};

/** Follows the objects of a cluster. Source: spec SD-29 to SD-38. */
export function createKubernetesDiscoverer(
  config: KubernetesSdConfig,
  options: KubernetesDiscoveryOptions,
): Discoverer {
  return {
    async run(deliver, signal) {
      // What is wrong with the files of an account or kubeconfig is told once, where the manager hears it.
      const connection = findConnection(config, options.environment, options.accountFolder);
      parseWrittenUrl(connection.server);
      const client = options.createClient({ config: connection.client });
      try {
        await new ClusterWatch(config, { ...options, client }, connection).run(deliver, signal);
      } finally {
        await client.close();
      }
    },
  };
}

/** The copies of all kinds that a role needs, in all its namespaces. */
class ClusterWatch {
  readonly #config: KubernetesSdConfig;
  readonly #options: KubernetesDiscoveryOptions & { readonly client: HttpClient };
  readonly #connection: Connection;
  readonly #attached: KubernetesAttached;
  readonly #watches = new Map<Kind, ObjectWatch<KubernetesObject>[]>();
  readonly #changed = new Set<string>(); // Keys of objects of the role.
  #everything = false; // Or all of them, since others that they refer to changed.
  #isReady = false;
  #isDue = false;
  #deliver: (groups: readonly TargetGroup[]) => void = () => undefined;

  constructor(
    config: KubernetesSdConfig,
    options: KubernetesDiscoveryOptions & { readonly client: HttpClient },
    connection: Connection,
  ) {
    this.#config = config;
    this.#options = options;
    this.#connection = connection;
    this.#attached = config.attachMetadata ?? NOTHING_ATTACHED;
    for (const kind of this.#kinds()) this.#watches.set(kind, this.#watchesOf(kind));
  }

  async run(deliver: (groups: readonly TargetGroup[]) => void, signal: AbortSignal): Promise<void> {
    this.#deliver = deliver;
    const watches = [...this.#watches.values()].flat();
    const running = watches.map((watch) => watch.run(signal));
    await Promise.all(watches.map(({ synced }) => synced));
    if (!signal.aborted) {
      this.#isReady = true;
      this.#everything = true;
      this.#update();
    }
    await Promise.all(running);
  }

  #kinds(): Kind[] {
    const { role } = this.#config;
    const { node, namespace, deployment, cronjob } = this.#attached;
    const hasPods = role === "pod" || role === "endpoints" || role === "endpointslice";
    const kinds: Kind[] = [role];
    if (role === "endpoints" || role === "endpointslice") kinds.push("service", "pod");
    if (node && hasPods) kinds.push("node");
    if (namespace && role !== "node") kinds.push("namespace");
    if (deployment && hasPods) kinds.push("replicaset");
    if (cronjob && hasPods) kinds.push("job");
    return kinds;
  }

  #watchesOf(kind: Kind): ObjectWatch<KubernetesObject>[] {
    const { client, userAgent, clock, logger, counters } = this.#options;
    const { api, plural, isNamespaced } = KINDS[kind];
    const selector = this.#config.selectors.find(({ role }) => role === kind);
    const namespaces = isNamespaced ? this.#namespaces() : [""];
    return namespaces.map(
      (namespace) =>
        new ObjectWatch({
          client,
          server: this.#connection.server,
          path: namespace === "" ? `${api}/${plural}` : `${api}/namespaces/${namespace}/${plural}`,
          labelSelector: selector?.label ?? "",
          fieldSelector: selector?.field ?? "",
          userAgent,
          clock,
          logger,
          failed: () => countRefreshFailure(counters, "kubernetes"),
          changed: (key) => this.#noteChange(kind, key),
        }),
    );
  }

  #namespaces(): readonly string[] {
    const { namespaces } = this.#config;
    const names = [...(namespaces?.names ?? [])];
    if (namespaces?.ownNamespace === true) names.push(this.#connection.ownNamespace);
    return names.length === 0 ? [""] : [...new Set(names)];
  }

  // Changes that come together make one delivery.
  #noteChange(kind: Kind, key: string): void {
    if (kind === this.#config.role) this.#changed.add(key);
    else this.#everything = true;
    if (this.#isDue || !this.#isReady) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.#update();
    });
  }

  #update(): void {
    const objects = this.#objects(this.#config.role);
    const keys = this.#everything ? new Set([...objects.keys(), ...this.#changed]) : this.#changed;
    const cluster = this.#cluster();
    const groups = [...keys].map((key) => this.#groupOf(key, objects.get(key), cluster));
    this.#changed.clear();
    this.#everything = false;
    this.#deliver(groups);
  }

  #groupOf(key: string, object: KubernetesObject | undefined, cluster: Cluster): TargetGroup {
    const found = object === undefined ? { labels: {}, targets: [] } : this.#targetsOf(object, cluster);
    return {
      source: `${this.#config.role}/${key}`,
      labels: labelsFromRecord(found.labels),
      targets: found.targets.map((target) => labelsFromRecord(target)),
    };
  }

  // The kind of an object follows from the path it was listed at.
  #targetsOf(object: KubernetesObject, cluster: Cluster): Found {
    switch (this.#config.role) {
      case "node":
        return nodeTargets(object);
      case "pod":
        return podTargets(object, cluster);
      case "service":
        return serviceTargets(object, cluster);
      case "endpoints":
        return endpointsTargets(object, cluster);
      case "endpointslice":
        return sliceTargets(object, cluster);
      case "ingress":
        return ingressTargets(object, cluster);
    }
  }

  #cluster(): Cluster {
    return {
      nodes: this.#objects<Node>("node"),
      namespaces: this.#objects("namespace"),
      pods: this.#objects<Pod>("pod"),
      services: this.#objects<Service>("service"),
      replicaSets: this.#objects("replicaset"),
      jobs: this.#objects("job"),
      attached: this.#attached,
    };
  }

  #objects<Each extends KubernetesObject>(kind: Kind): ReadonlyMap<string, Each> {
    const watches = this.#watches.get(kind) ?? [];
    if (watches.length === 1) return watches[0]!.objects as Map<string, Each>;
    const all = new Map<string, Each>();
    for (const { objects } of watches) {
      for (const [key, object] of objects) all.set(key, object as Each);
    }
    return all;
  }
}
