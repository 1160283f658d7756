import { describe, expect, test } from "vitest";
import type { Cluster } from "../../../../src/discovery/kubernetes/cluster.ts";
import { endpointsTargets, sliceTargets } from "../../../../src/discovery/kubernetes/endpoints.ts";
import type { KubernetesObject, Pod } from "../../../../src/discovery/kubernetes/objects.ts";
import { podTargets } from "../../../../src/discovery/kubernetes/pods.ts";
import { ingressTargets, nodeTargets, serviceTargets } from "../../../../src/discovery/kubernetes/roles.ts";

const ATTACH_ALL = { node: true, namespace: true, deployment: true, job: true, cronjob: true };
const ATTACH_NONE = { node: false, namespace: false, deployment: false, job: false, cronjob: false };

const EMPTY: Cluster = {
  nodes: new Map(),
  namespaces: new Map(),
  pods: new Map(),
  services: new Map(),
  replicaSets: new Map(),
  jobs: new Map(),
  attached: ATTACH_NONE,
};

/** Labels without their common beginning. */
const short = (labels: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [name.replace("__meta_kubernetes_", ""), value]),
  );

const owned = (name: string, kind: string, owner: string): KubernetesObject => ({
  metadata: { name, namespace: "ns", ownerReferences: [{ kind, name: owner, controller: true }] },
});

const POD: Pod = {
  metadata: {
    name: "web-1",
    namespace: "ns",
    uid: "u-1",
    labels: { "app.kubernetes.io/name": "web" },
    annotations: { "prometheus.io/scrape": "true" },
    ownerReferences: [{ kind: "ReplicaSet", name: "web-abc", controller: true }],
  },
  spec: {
    nodeName: "n1",
    containers: [
      {
        name: "main",
        image: "app:1",
        ports: [
          { name: "http", containerPort: 80, protocol: "TCP" },
          { containerPort: 9090, protocol: "TCP" },
        ],
      },
      { name: "side", image: "side:1" },
    ],
    initContainers: [{ name: "init", image: "init:1" }],
  },
  status: {
    podIP: "10.0.0.1",
    hostIP: "192.168.0.1",
    phase: "Running",
    conditions: [{ type: "Ready", status: "True" }],
    containerStatuses: [{ name: "main", containerID: "docker://1" }],
  },
};

const POD_LABELS = {
  namespace: "ns",
  pod_name: "web-1",
  pod_label_app_kubernetes_io_name: "web",
  pod_labelpresent_app_kubernetes_io_name: "true",
  pod_annotation_prometheus_io_scrape: "true",
  pod_annotationpresent_prometheus_io_scrape: "true",
  pod_ip: "10.0.0.1",
  pod_ready: "true",
  pod_phase: "Running",
  pod_node_name: "n1",
  pod_host_ip: "192.168.0.1",
  pod_uid: "u-1",
  pod_controller_kind: "ReplicaSet",
  pod_controller_name: "web-abc",
};

describe("pods", () => {
  test("a target for each port, and one without a port for a container that has none", () => {
    const { labels, targets } = podTargets(POD, EMPTY);
    expect(short(labels)).toEqual(POD_LABELS);
    const main = {
      pod_container_name: "main",
      pod_container_image: "app:1",
      pod_container_id: "docker://1",
      pod_container_init: "false",
    };
    expect(targets.map(short)).toEqual([
      {
        __address__: "10.0.0.1:80",
        ...main,
        pod_container_port_name: "http",
        pod_container_port_number: "80",
        pod_container_port_protocol: "TCP",
      },
      {
        __address__: "10.0.0.1:9090",
        ...main,
        pod_container_port_name: "",
        pod_container_port_number: "9090",
        pod_container_port_protocol: "TCP",
      },
      {
        __address__: "10.0.0.1",
        pod_container_name: "side",
        pod_container_image: "side:1",
        pod_container_id: "",
        pod_container_init: "false",
      },
      {
        __address__: "10.0.0.1",
        pod_container_name: "init",
        pod_container_image: "init:1",
        pod_container_id: "",
        pod_container_init: "true",
      },
    ]);
  });

  test("none without an address", () => {
    expect(podTargets({ ...POD, status: { phase: "Pending" } }, EMPTY).targets).toEqual([]);
  });

  test("what they belong to, when it is wanted", () => {
    const cluster: Cluster = {
      ...EMPTY,
      attached: ATTACH_ALL,
      nodes: new Map([
        ["n1", { metadata: { name: "n1", labels: { zone: "z" } }, spec: { providerID: "p" } }],
      ]),
      namespaces: new Map([["ns", { metadata: { name: "ns", labels: { team: "t" } } }]]),
      replicaSets: new Map([["ns/web-abc", owned("web-abc", "Deployment", "web")]]),
      jobs: new Map([["ns/backup-1", owned("backup-1", "CronJob", "backup")]]),
    };
    expect(short(podTargets(POD, cluster).labels)).toEqual({
      ...POD_LABELS,
      pod_deployment_name: "web",
      namespace_label_team: "t",
      namespace_labelpresent_team: "true",
      node_name: "n1",
      node_label_zone: "z",
      node_labelpresent_zone: "true",
      node_provider_id: "p",
    });
    const ofJob = { ...POD, metadata: owned("backup-1-x", "Job", "backup-1").metadata };
    expect(short(podTargets(ofJob, cluster).labels)).toMatchObject({
      pod_job_name: "backup-1",
      pod_cronjob_name: "backup",
    });
  });
});

test("nodes: the best address, the kubelet's port", () => {
  const { labels, targets } = nodeTargets({
    metadata: { name: "n1", labels: { a: "b" } },
    spec: { providerID: "cloud://1" },
    status: {
      addresses: [
        { type: "Hostname", address: "h" },
        { type: "InternalIP", address: "10.0.0.9" },
        { type: "InternalIP", address: "fd00::9" },
      ],
      conditions: [{ type: "Ready", status: "True" }],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    },
  });
  expect(targets.map(short)).toEqual([
    {
      __address__: "10.0.0.9:10250",
      instance: "n1",
      node_address_Hostname: "h",
      node_address_InternalIP: "10.0.0.9",
    },
  ]);
  expect(short(labels)).toEqual({
    node_name: "n1",
    node_label_a: "b",
    node_labelpresent_a: "true",
    node_provider_id: "cloud://1",
    node_condition_Ready: "true",
  });
  expect(nodeTargets({ metadata: { name: "n2" } }).targets).toEqual([]);
});

const service = (spec: object) =>
  serviceTargets({ metadata: { name: "web", namespace: "ns" }, spec }, EMPTY).targets.map(short);

test("services by their name in the cluster", () => {
  const ports = [{ name: "http", port: 80, protocol: "TCP" }];
  const common = {
    __address__: "web.ns.svc:80",
    service_port_name: "http",
    service_port_number: "80",
    service_port_protocol: "TCP",
  };
  expect(service({ type: "LoadBalancer", clusterIP: "10.1.0.1", loadBalancerIP: "1.2.3.4", ports })).toEqual([
    {
      ...common,
      service_type: "LoadBalancer",
      service_cluster_ip: "10.1.0.1",
      service_loadbalancer_ip: "1.2.3.4",
    },
  ]);
  expect(service({ type: "ExternalName", externalName: "ext.example", ports })).toEqual([
    { ...common, service_type: "ExternalName", service_external_name: "ext.example" },
  ]);
});

test("endpoints, with their pods' further ports", () => {
  const cluster: Cluster = {
    ...EMPTY,
    pods: new Map([["ns/web-1", POD]]),
    services: new Map([
      ["ns/web", { metadata: { name: "web", namespace: "ns", labels: { tier: "front" } } }],
    ]),
  };
  const { labels, targets } = endpointsTargets(
    {
      metadata: { name: "web", namespace: "ns" },
      subsets: [
        {
          addresses: [
            { ip: "10.0.0.1", nodeName: "n1", targetRef: { kind: "Pod", name: "web-1", namespace: "ns" } },
          ],
          notReadyAddresses: [{ ip: "10.0.0.2", hostname: "h2" }],
          ports: [{ name: "http", port: 80, protocol: "TCP" }],
        },
      ],
    },
    cluster,
  );
  expect(short(labels)).toEqual({
    namespace: "ns",
    endpoints_name: "web",
    service_name: "web",
    service_label_tier: "front",
    service_labelpresent_tier: "true",
  });
  const container = { pod_container_name: "main", pod_container_image: "app:1", pod_container_init: "false" };
  expect(targets.map(short)).toEqual([
    {
      __address__: "10.0.0.1:80",
      endpoint_port_name: "http",
      endpoint_port_protocol: "TCP",
      endpoint_ready: "true",
      endpoint_address_target_kind: "Pod",
      endpoint_address_target_name: "web-1",
      endpoint_node_name: "n1",
      ...POD_LABELS,
      ...container,
      pod_container_port_name: "http",
      pod_container_port_number: "80",
      pod_container_port_protocol: "TCP",
    },
    {
      __address__: "10.0.0.2:80",
      endpoint_port_name: "http",
      endpoint_port_protocol: "TCP",
      endpoint_ready: "false",
      endpoint_hostname: "h2",
    },
    {
      __address__: "10.0.0.1:9090",
      ...POD_LABELS,
      ...container,
      pod_container_port_name: "",
      pod_container_port_number: "9090",
      pod_container_port_protocol: "TCP",
    },
  ]);
});

test("endpoint slices", () => {
  const { labels, targets } = sliceTargets(
    {
      metadata: { name: "web-x", namespace: "ns", labels: { "kubernetes.io/service-name": "web" } },
      addressType: "IPv6",
      ports: [{ name: "http", port: 80, protocol: "TCP", appProtocol: "h2" }, { name: "all" }],
      endpoints: [
        {
          addresses: ["fd00::1"],
          conditions: { ready: true, serving: true, terminating: false },
          hostname: "h",
          nodeName: "n1",
          zone: "z",
          deprecatedTopology: { "topology.kubernetes.io/region": "r" },
          targetRef: { kind: "Node", name: "n1" },
        },
      ],
    },
    EMPTY,
  );
  expect(short(labels)).toEqual({
    namespace: "ns",
    endpointslice_name: "web-x",
    endpointslice_label_kubernetes_io_service_name: "web",
    endpointslice_labelpresent_kubernetes_io_service_name: "true",
    endpointslice_address_type: "IPv6",
  });
  const endpoint = {
    endpointslice_endpoint_conditions_ready: "true",
    endpointslice_endpoint_conditions_serving: "true",
    endpointslice_endpoint_conditions_terminating: "false",
    endpointslice_endpoint_hostname: "h",
    endpointslice_endpoint_node_name: "n1",
    endpointslice_endpoint_zone: "z",
    endpointslice_address_target_kind: "Node",
    endpointslice_address_target_name: "n1",
    endpointslice_endpoint_topology_topology_kubernetes_io_region: "r",
    endpointslice_endpoint_topology_present_topology_kubernetes_io_region: "true",
  };
  expect(targets.map(short)).toEqual([
    {
      __address__: "[fd00::1]:80",
      endpointslice_port_name: "http",
      endpointslice_port_protocol: "TCP",
      endpointslice_port: "80",
      endpointslice_port_app_protocol: "h2",
      ...endpoint,
    },
    { __address__: "fd00::1", endpointslice_port_name: "all", ...endpoint },
  ]);
});

const ingressTarget = (host: string, scheme: string, path: string) => ({
  __address__: host,
  ingress_scheme: scheme,
  ingress_host: host,
  ingress_path: path,
});

test("ingresses: hosts and paths, https where a certificate covers the host", () => {
  const { labels, targets } = ingressTargets(
    {
      metadata: { name: "i", namespace: "ns" },
      spec: {
        ingressClassName: "nginx",
        tls: [{ hosts: ["*.example.com"] }],
        rules: [
          { host: "a.example.com", http: { paths: [{ path: "/x" }, {}] } },
          { host: "a.b.example.com" },
          { host: "example.com" },
        ],
      },
    },
    EMPTY,
  );
  expect(short(labels)).toEqual({ namespace: "ns", ingress_name: "i", ingress_class_name: "nginx" });
  expect(targets.map(short)).toEqual([
    ingressTarget("a.example.com", "https", "/x"),
    ingressTarget("a.example.com", "https", "/"),
    ingressTarget("a.b.example.com", "http", "/"),
    ingressTarget("example.com", "http", "/"),
  ]);
});
