import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PLAIN_HTTP_CLIENT, type ConsulSdConfig } from "../../../src/config/index.ts";
import { portOf } from "../../../examples/docker-course/stub-dns.ts";
import { runDiscovery, type Running } from "./running.ts";

// A stand-in for Consul: a request that names the current index waits for a change.
let server: Server;
let running: Running;
let address = "";
let index = 10;
let failing = false;
let catalog: Record<string, string[]> = {};
let health: Record<string, unknown[]> = {};
let asked: URL[] = [];
let headers: IncomingMessage["headers"][] = [];
const waiting = new Set<() => void>();

beforeEach(async () => {
  index = 10;
  failing = false;
  catalog = {};
  health = {};
  asked = [];
  headers = [];
  waiting.clear();
  server = createServer((request, response) => {
    const url = new URL(request.url!, "http://consul");
    asked.push(url);
    headers.push(request.headers);
    const answer = (): void => reply(url, response);
    if (url.searchParams.get("index") === String(index) && !failing) waiting.add(answer);
    else answer();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `127.0.0.1:${portOf(server)}`;
});
afterEach(async () => {
  await running.stop();
  server.closeAllConnections();
  server.close();
});

function reply(url: URL, response: ServerResponse): void {
  if (failing) {
    response.writeHead(500);
    response.end("no leader");
    return;
  }
  const path = url.pathname.replace("/prefix", "");
  const value = path.startsWith("/v1/health/service/")
    ? (health[path.slice("/v1/health/service/".length)] ?? [])
    : path === "/v1/agent/self"
      ? { Config: { Datacenter: "dc1" } }
      : catalog;
  response.writeHead(200, { "x-consul-index": String(index) });
  response.end(JSON.stringify(value));
}

/** Makes the change known to those who wait for one. */
function change(make: () => void): void {
  make();
  index++;
  for (const answer of waiting) answer();
  waiting.clear();
}

const entry = (id: string, more: object = {}) => ({
  Node: {
    Node: "node-1",
    Address: "10.0.0.1",
    Datacenter: "dc1",
    TaggedAddresses: { lan: "10.0.0.1" },
    Meta: { "os-name": "linux" },
  },
  Service: { ID: id, Service: "web", Address: "10.0.0.2", Port: 8080, Tags: ["a", "b"], Meta: { v: "1" } },
  Checks: [{ CheckID: "c", Status: "passing" }],
  ...more,
});

function start(more: Partial<ConsulSdConfig> = {}): void {
  running = runDiscovery({
    consul: [
      {
        server: address,
        pathPrefix: "",
        scheme: "http",
        token: "",
        username: "",
        password: "",
        datacenter: "",
        namespace: "",
        partition: "",
        tagSeparator: ",",
        allowStale: true,
        refreshIntervalMs: 1000,
        services: [],
        tags: [],
        nodeMeta: {},
        filter: "",
        healthFilter: "",
        httpClient: PLAIN_HTTP_CLIENT,
        ...more,
      },
    ],
  });
}

const targets = (): Record<string, string>[] => Object.values(running.groups()).flat();

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    await running.clock.advance(500);
  }
}

test("the services of the catalog, with all labels", async () => {
  catalog = { web: ["a", "b"] };
  health = { web: [entry("web-1")] };
  start();
  await until(() => targets().length === 1);
  expect(running.groups()).toEqual({
    web: [
      {
        __address__: "10.0.0.2:8080",
        __meta_consul_service: "web",
        __meta_consul_dc: "dc1",
        __meta_consul_address: "10.0.0.1",
        __meta_consul_node: "node-1",
        __meta_consul_tags: ",a,b,",
        __meta_consul_service_address: "10.0.0.2",
        __meta_consul_service_port: "8080",
        __meta_consul_service_id: "web-1",
        __meta_consul_health: "passing",
        __meta_consul_metadata_os_name: "linux",
        __meta_consul_service_metadata_v: "1",
        __meta_consul_tagged_address_lan: "10.0.0.1",
      },
    ],
  });
});

test("changes are followed: instances and services that come and go", async () => {
  catalog = { web: [] };
  health = { web: [entry("web-1")] };
  start();
  await until(() => targets().length === 1);
  change(() => {
    health = { web: [entry("web-1"), entry("web-2")], db: [entry("db-1")] };
    catalog = { web: [], db: [] };
  });
  await until(() => targets().length === 3);
  change(() => {
    catalog = { db: [] };
  });
  await until(() => targets().length === 1);
  expect(Object.keys(running.groups())).toEqual(["db"]);
});

test("only services that are named and have all the tags", async () => {
  catalog = { web: ["a", "b"], api: ["a", "b"], db: ["a"] };
  health = { web: [entry("web-1")], api: [entry("api-1")], db: [entry("db-1")] };
  start({ services: ["web", "db"], tags: ["a", "b"] });
  await until(() => targets().length === 1);
  expect(targets()[0]!["__meta_consul_service_id"]).toBe("web-1");
  const query = asked.find(({ pathname }) => pathname === "/v1/health/service/web")!.searchParams;
  expect(query.getAll("tag")).toEqual(["a", "b"]);
});

test("named services need no catalog; what is configured is asked for", async () => {
  health = { web: [entry("web-1")] };
  start({
    services: ["web"],
    datacenter: "far",
    namespace: "n",
    partition: "p",
    pathPrefix: "prefix/",
    token: "t0ken",
    allowStale: false,
    healthFilter: "Checks.Status == passing",
  });
  await until(() => targets().length === 1);
  expect(asked.map(({ pathname }) => pathname)).not.toContain("/prefix/v1/catalog/services");
  expect(Object.fromEntries(asked[0]!.searchParams)).toEqual({
    dc: "far",
    ns: "n",
    partition: "p",
    filter: "Checks.Status == passing",
    index: "0",
    wait: "120s",
  });
  expect(headers[0]!["x-consul-token"]).toBe("t0ken");
  expect(targets()[0]!["__meta_consul_dc"]).toBe("far");
});

const check = (Status: string, CheckID = "c") => ({ CheckID, Status });

test("the address of the node where the service has none; the worst of the checks", async () => {
  const bare = { ID: "x", Service: "web", Address: "", Port: 1, Tags: null };
  health = {
    web: [
      entry("a", { Service: bare, Checks: [check("warning"), check("passing")] }),
      entry("b", { Checks: [check("warning"), check("critical")] }),
      entry("c", { Checks: [check("critical", "_node_maintenance")] }),
      entry("d", { Checks: null }),
    ],
  };
  start({ services: ["web"] });
  await until(() => targets().length === 4);
  expect(targets().map((labels) => labels["__meta_consul_health"])).toEqual([
    "warning",
    "critical",
    "maintenance",
    "passing",
  ]);
  expect(targets()[0]).toMatchObject({ __address__: "10.0.0.1:1", __meta_consul_tags: ",," });
});

test("a server without a leader keeps the targets", async () => {
  health = { web: [entry("web-1")] };
  start({ services: ["web"] });
  await until(() => targets().length === 1);
  await until(() => waiting.size === 1);
  change(() => (failing = true));
  await until(() => (running.counters.refreshFailures.get("consul") ?? 0) > 0);
  expect(targets()).toHaveLength(1);
  failing = false;
  health = { web: [] };
  await until(() => targets().length === 0);
  expect(running.groups()).toEqual({});
});
