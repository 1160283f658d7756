import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PLAIN_HTTP_CLIENT, type KubernetesSdConfig } from "../../../../src/config/index.ts";
import { findConnection } from "../../../../src/discovery/kubernetes/connection.ts";
import { runDiscovery, type Running } from "../running.ts";
import { startCluster, type FakeCluster, type PlainObject } from "./api.ts";

let cluster: FakeCluster;
let running: Running | undefined;
let folder = "";
beforeEach(async () => {
  cluster = await startCluster();
  folder = mkdtempSync(join(tmpdir(), "narthex-kubernetes-"));
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await cluster.close();
  rmSync(folder, { recursive: true, force: true });
});

const CONFIG: KubernetesSdConfig = {
  apiServer: "",
  role: "pod",
  kubeconfigFile: "",
  namespaces: undefined,
  selectors: [],
  attachMetadata: undefined,
  httpClient: PLAIN_HTTP_CLIENT,
};

const pod = (name: string, ip: string, namespace = "default"): PlainObject => ({
  metadata: { name, namespace },
  spec: { containers: [{ name: "main", ports: [{ containerPort: 80 }] }] },
  status: { podIP: ip },
});

function start(more: Partial<KubernetesSdConfig> = {}): Running {
  running = runDiscovery({ kubernetes: [{ ...CONFIG, apiServer: cluster.url, ...more }] });
  return running;
}

const addresses = (): string[] =>
  Object.values(running!.groups())
    .flat()
    .map((labels) => labels["__address__"]!)
    .toSorted();

const zone = (): string | undefined =>
  Object.values(running!.groups())[0]?.[0]?.["__meta_kubernetes_node_label_zone"];

/** Waits for what the network brings; clocks are moved on meanwhile. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    await running!.clock.advance(200);
  }
}

test("lists page by page, then follows what comes, changes and goes", async () => {
  for (const n of [1, 2, 3, 4, 5]) cluster.put("pods", pod(`p${n}`, `10.0.0.${n}`));
  start();
  await until(() => addresses().length === 5);
  await until(() => cluster.watchers("pods") === 1);
  cluster.put("pods", pod("p6", "10.0.0.6"));
  cluster.put("pods", pod("p1", "10.0.1.1"));
  cluster.remove("pods", "p2");
  await until(() => addresses().includes("10.0.1.1:80") && !addresses().includes("10.0.0.2:80"));
  expect(addresses()).toEqual(["10.0.0.3:80", "10.0.0.4:80", "10.0.0.5:80", "10.0.0.6:80", "10.0.1.1:80"]);
  expect(cluster.asked[0]).toBe("/api/v1/pods?limit=500");
});

test("a broken watch goes on where it was", async () => {
  cluster.put("pods", pod("p1", "10.0.0.1"));
  start();
  await until(() => cluster.watchers("pods") === 1);
  cluster.tell("pods", {
    type: "BOOKMARK",
    object: { metadata: { name: "", resourceVersion: "77" } },
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  cluster.disconnect();
  await until(() => cluster.asked.at(-1)!.includes("resourceVersion=77"));
  expect(cluster.asked.filter((path) => path.includes("limit="))).toHaveLength(1);
  expect(addresses()).toEqual(["10.0.0.1:80"]);
});

test("410 Gone lists anew and forgets what went meanwhile", async () => {
  cluster.put("pods", pod("p1", "10.0.0.1"));
  cluster.put("pods", pod("p2", "10.0.0.2"));
  start();
  await until(() => cluster.watchers("pods") === 1);
  cluster.objects.get("pods")!.delete("default/p1");
  cluster.tell("pods", { type: "ERROR", object: { metadata: { name: "" }, code: 410, message: "too old" } });
  await until(() => addresses().length === 1);
  expect(addresses()).toEqual(["10.0.0.2:80"]);
});

test("a server that fails keeps the targets and is asked again", async () => {
  cluster.put("pods", pod("p1", "10.0.0.1"));
  start();
  await until(() => cluster.watchers("pods") === 1);
  cluster.failWith = 503;
  cluster.disconnect();
  await until(() => (running!.counters.refreshFailures.get("kubernetes") ?? 0) >= 2);
  expect(addresses()).toEqual(["10.0.0.1:80"]);
  cluster.failWith = 0;
  await until(() => cluster.watchers("pods") === 1);
  cluster.put("pods", pod("p2", "10.0.0.2"));
  await until(() => addresses().length === 2);
});

test("only the namespaces and selectors that are asked for", async () => {
  cluster.put("pods", pod("p1", "10.0.0.1", "a"));
  cluster.put("pods", pod("p2", "10.0.0.2", "b"));
  cluster.put("pods", pod("p3", "10.0.0.3", "c"));
  start({
    namespaces: { ownNamespace: false, names: ["a", "c"] },
    selectors: [{ role: "pod", label: "app=web,tier!=x", field: "status.phase=Running" }],
  });
  await until(() => addresses().length === 2);
  expect(addresses()).toEqual(["10.0.0.1:80", "10.0.0.3:80"]);
  expect(cluster.asked[0]).toBe(
    "/api/v1/namespaces/a/pods?limit=500&labelSelector=app%3Dweb%2Ctier%21%3Dx&fieldSelector=status.phase%3DRunning",
  );
});

test("a change of what is referred to changes the targets", async () => {
  cluster.put("nodes", { metadata: { name: "n1", labels: { zone: "a" } } });
  cluster.put("pods", { ...pod("p1", "10.0.0.1"), spec: { nodeName: "n1", containers: [{ name: "m" }] } });
  start({
    attachMetadata: { node: true, namespace: false, deployment: false, job: false, cronjob: false },
  });
  await until(() => zone() === "a");
  await until(() => cluster.watchers("nodes") === 1);
  cluster.put("nodes", { metadata: { name: "n1", labels: { zone: "b" } } });
  await until(() => zone() === "b");
  expect(addresses()).toEqual(["10.0.0.1"]);
});

test("the way a kubeconfig file tells", async () => {
  const file = join(folder, "config");
  writeFileSync(
    file,
    `apiVersion: v1
kind: Config
current-context: dev
contexts: [{name: dev, context: {cluster: c, user: u, namespace: mine}}]
clusters: [{name: other, cluster: {server: http://wrong}}, {name: c, cluster: {server: "${cluster.url}/"}}]
users: [{name: u, user: {token: s3cret}}]
`,
  );
  cluster.put("pods", pod("p1", "10.0.0.1"));
  start({ apiServer: "", kubeconfigFile: file });
  await until(() => addresses().length === 1);
  expect(cluster.headers[0]!.authorization).toBe("Bearer s3cret");
});

test.each([
  ["contexts: []\ncurrent-context: dev", 'contexts has no entry with the name "dev"'],
  ["[]", "expected a mapping"],
  [
    "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: 'http://x'}}]\nusers: [{name: u, user: {exec: {command: aws}}}]",
    "the user logs in by exec, expected a token, certificate or password",
  ],
])("what is wrong with a kubeconfig file is said: %s", (text, message) => {
  const file = join(folder, "config");
  writeFileSync(file, text);
  expect(() => findConnection({ ...CONFIG, kubeconfigFile: file }, {})).toThrow(message);
});

test("from within a cluster", () => {
  writeFileSync(join(folder, "namespace"), "mine\n");
  const environment = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "6443" };
  const connection = findConnection(CONFIG, environment, folder);
  expect(connection.server).toBe("https://[fd00::1]:6443");
  expect(connection.ownNamespace).toBe("mine");
  expect(connection.client.authorization?.credentialsFile).toBe(join(folder, "token"));
  expect(connection.client.tlsConfig?.caFile).toBe(join(folder, "ca.crt"));
  expect(() => findConnection(CONFIG, {}, folder)).toThrow(/not in a cluster.*expected api_server/);
});
