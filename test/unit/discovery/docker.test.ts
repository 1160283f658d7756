import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  PLAIN_HTTP_CLIENT,
  type DockerSdConfig,
  type DockerSwarmSdConfig,
  type SwarmRole,
} from "../../../src/config/index.ts";
import { runDiscovery, type Running } from "./running.ts";

// A stand-in for Docker's API behind a socket of the file system.
let folder = "";
let server: Server;
let running: Running;
let answers: Record<string, unknown> = {};
let asked: string[] = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "narthex-docker-"));
  asked = [];
  server = createServer((request, response) => {
    asked.push(decodeURIComponent(request.url!));
    const answer = answers[request.url!.split("?")[0]!];
    response.writeHead(answer === undefined ? 500 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer === undefined ? { message: "out of order" } : answer));
  });
  await new Promise<void>((resolve) => server.listen(join(folder, "docker.sock"), resolve));
});
afterEach(async () => {
  await running.stop();
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const NETWORKS = [
  {
    Id: "n1",
    Name: "course_default",
    Scope: "local",
    Internal: false,
    Ingress: false,
    Labels: { "a.b": "c" },
  },
  { Id: "n2", Name: "zebra", Scope: "swarm", Internal: true, Ingress: true, Labels: null },
];

const container = (id: string, more: object = {}) => ({
  Id: id,
  Names: [`/${id}`],
  Image: "app:1",
  ImageID: "sha256:1",
  Labels: { "com.docker.compose.service": "app" },
  Ports: [],
  HostConfig: { NetworkMode: "course_default" },
  NetworkSettings: {
    Networks: {
      zebra: { NetworkID: "n2", IPAddress: "10.0.0.2" },
      course_default: { NetworkID: "n1", IPAddress: "172.18.0.2" },
    },
  },
  ...more,
});

async function docker(containers: unknown, more: Partial<DockerSdConfig> = {}): Promise<void> {
  answers = { "/containers/json": containers, "/networks": NETWORKS };
  running = runDiscovery({
    docker: [
      {
        host: `unix://${join(folder, "docker.sock")}`,
        port: 8080,
        filters: [],
        hostNetworkingHost: "localhost",
        refreshIntervalMs: 60_000,
        matchFirstNetwork: true,
        httpClient: PLAIN_HTTP_CLIENT,
        ...more,
      },
    ],
  });
  await running.updates(1);
}

const addresses = (): string[] =>
  Object.values(running.groups())
    .flat()
    .map((labels) => labels["__address__"]!);

test("a target for each TCP port, with all labels", async () => {
  await docker([
    container("web", {
      Ports: [
        { IP: "0.0.0.0", PrivatePort: 80, PublicPort: 9080, Type: "tcp" },
        { PrivatePort: 53, Type: "udp" },
        { PrivatePort: 9000, Type: "tcp" },
      ],
    }),
  ]);
  const common = {
    __meta_docker_container_id: "web",
    __meta_docker_container_name: "/web",
    __meta_docker_container_image: "app:1",
    __meta_docker_container_image_id: "sha256:1",
    __meta_docker_container_network_mode: "course_default",
    __meta_docker_container_label_com_docker_compose_service: "app",
    __meta_docker_network_id: "n1",
    __meta_docker_network_name: "course_default",
    __meta_docker_network_scope: "local",
    __meta_docker_network_internal: "false",
    __meta_docker_network_ingress: "false",
    __meta_docker_network_label_a_b: "c",
    __meta_docker_network_ip: "172.18.0.2",
  };
  expect(running.groups()).toEqual({
    docker: [
      {
        ...common,
        __address__: "172.18.0.2:80",
        __meta_docker_port_private: "80",
        __meta_docker_port_public: "9080",
        __meta_docker_port_public_ip: "0.0.0.0",
      },
      { ...common, __address__: "172.18.0.2:9000", __meta_docker_port_private: "9000" },
    ],
  });
});

test("all networks when asked for; the configured port where there is none", async () => {
  await docker([container("web")], { matchFirstNetwork: false });
  expect(addresses()).toEqual(["172.18.0.2:8080", "10.0.0.2:8080"]);
});

test("IPv6 where there is no IPv4, the host's name in its network, another container's network", async () => {
  const six = { NetworkSettings: { Networks: { x: { NetworkID: "n1", GlobalIPv6Address: "fd00::2" } } } };
  const host = {
    HostConfig: { NetworkMode: "host" },
    NetworkSettings: { Networks: { host: { NetworkID: "h", IPAddress: "" } } },
  };
  const sharing = { HostConfig: { NetworkMode: "container:web" }, NetworkSettings: { Networks: {} } };
  const lost = { HostConfig: { NetworkMode: "container:gone" }, NetworkSettings: { Networks: {} } };
  await docker([
    container("six", six),
    container("host", host),
    container("side", sharing),
    container("web"),
    container("lost", lost),
    container("nameless", { Names: [] }),
  ]);
  expect(addresses()).toEqual(["[fd00::2]:8080", "localhost", "172.18.0.2:8080", "172.18.0.2:8080"]);
});

test("filters are passed on as Docker wants them", async () => {
  await docker([container("web")], {
    filters: [
      { name: "label", values: ["a", "b=c"] },
      { name: "status", values: ["running"] },
    ],
  });
  expect(asked[0]).toBe('/containers/json?filters={"label":{"a":true,"b=c":true},"status":{"running":true}}');
});

test("a failing host keeps its targets and counts; an empty one loses them", async () => {
  await docker([container("web")]);
  answers = {};
  while (running.clock.pending === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await running.clock.advance(60_000);
  await running.updates(2);
  expect(addresses()).toEqual(["172.18.0.2:8080"]);
  expect(running.counters.refreshFailures.get("docker")).toBe(1);
  answers = { "/containers/json": null, "/networks": null };
  while (running.clock.pending === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await running.clock.advance(60_000);
  await running.updates(3);
  expect(addresses()).toEqual([]);
});

const SWARM = {
  "/networks": NETWORKS,
  "/nodes": [
    {
      ID: "node-1",
      Spec: { Role: "manager", Availability: "active", Labels: { rack: "r1" } },
      Description: {
        Hostname: "host-1",
        Platform: { Architecture: "x86_64", OS: "linux" },
        Engine: { EngineVersion: "27.0" },
      },
      Status: { State: "ready", Addr: "192.168.0.1" },
      ManagerStatus: { Leader: true, Reachability: "reachable", Addr: "192.168.0.1:2377" },
    },
  ],
  "/services": [
    {
      ID: "service-1",
      Spec: {
        Name: "web",
        Labels: { tier: "front" },
        Mode: { Replicated: { Replicas: 1 } },
        TaskTemplate: { ContainerSpec: { Image: "app:1", Hostname: "h" } },
      },
      Endpoint: {
        Ports: [
          { Name: "http", Protocol: "tcp", PublishedPort: 8000, PublishMode: "ingress" },
          { Protocol: "udp", PublishedPort: 53 },
        ],
        VirtualIPs: [{ NetworkID: "n2", Addr: "10.0.0.9/24" }],
      },
    },
  ],
  "/tasks": [
    {
      ID: "task-1",
      ServiceID: "service-1",
      NodeID: "node-1",
      Slot: 3,
      DesiredState: "running",
      Spec: { ContainerSpec: { Labels: { app: "web" } } },
      Status: {
        State: "running",
        ContainerStatus: { ContainerID: "container-1" },
        PortStatus: { Ports: [{ Protocol: "tcp", PublishedPort: 7000, PublishMode: "host" }] },
      },
      NetworksAttachments: [{ Network: { ID: "n2" }, Addresses: ["10.0.0.7/24"] }],
    },
  ],
};

async function swarm(role: SwarmRole): Promise<Record<string, string>[]> {
  answers = SWARM;
  const config: DockerSwarmSdConfig = {
    host: `unix://${join(folder, "docker.sock")}`,
    role,
    port: 80,
    filters: [],
    refreshIntervalMs: 60_000,
    httpClient: PLAIN_HTTP_CLIENT,
  };
  running = runDiscovery({ dockerSwarm: [config] });
  await running.updates(1);
  return Object.values(running.groups()).flat();
}

const NODE_LABELS = {
  __meta_dockerswarm_node_id: "node-1",
  __meta_dockerswarm_node_role: "manager",
  __meta_dockerswarm_node_address: "192.168.0.1",
  __meta_dockerswarm_node_availability: "active",
  __meta_dockerswarm_node_hostname: "host-1",
  __meta_dockerswarm_node_platform_architecture: "x86_64",
  __meta_dockerswarm_node_platform_os: "linux",
  __meta_dockerswarm_node_engine_version: "27.0",
  __meta_dockerswarm_node_status: "ready",
  __meta_dockerswarm_node_manager_leader: "true",
  __meta_dockerswarm_node_manager_reachability: "reachable",
  __meta_dockerswarm_node_manager_address: "192.168.0.1:2377",
  __meta_dockerswarm_node_label_rack: "r1",
};
const SERVICE_LABELS = {
  __meta_dockerswarm_service_id: "service-1",
  __meta_dockerswarm_service_name: "web",
  __meta_dockerswarm_service_mode: "replicated",
  __meta_dockerswarm_service_label_tier: "front",
};
const NETWORK_LABELS = {
  __meta_dockerswarm_network_id: "n2",
  __meta_dockerswarm_network_name: "zebra",
  __meta_dockerswarm_network_scope: "swarm",
  __meta_dockerswarm_network_internal: "true",
  __meta_dockerswarm_network_ingress: "true",
};

test("nodes of a swarm", async () => {
  expect(await swarm("nodes")).toEqual([{ ...NODE_LABELS, __address__: "192.168.0.1:80" }]);
});

test("services of a swarm", async () => {
  expect(await swarm("services")).toEqual([
    {
      ...SERVICE_LABELS,
      ...NETWORK_LABELS,
      __meta_dockerswarm_service_task_container_hostname: "h",
      __meta_dockerswarm_service_task_container_image: "app:1",
      __meta_dockerswarm_service_endpoint_port_name: "http",
      __meta_dockerswarm_service_endpoint_port_publish_mode: "ingress",
      __address__: "10.0.0.9:8000",
    },
  ]);
});

test("tasks of a swarm, on their node and on their networks", async () => {
  const labels = {
    ...NODE_LABELS,
    ...SERVICE_LABELS,
    __meta_dockerswarm_task_id: "task-1",
    __meta_dockerswarm_task_desired_state: "running",
    __meta_dockerswarm_task_state: "running",
    __meta_dockerswarm_task_slot: "3",
    __meta_dockerswarm_task_container_id: "container-1",
    __meta_dockerswarm_container_label_app: "web",
  };
  expect(await swarm("tasks")).toEqual([
    { ...labels, __meta_dockerswarm_task_port_publish_mode: "host", __address__: "192.168.0.1:7000" },
    {
      ...labels,
      ...NETWORK_LABELS,
      __meta_dockerswarm_task_port_publish_mode: "ingress",
      __address__: "10.0.0.7:8000",
    },
  ]);
});
