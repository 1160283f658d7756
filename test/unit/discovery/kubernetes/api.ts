import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { portOf } from "../../../../examples/docker-course/stub-dns.ts";

/** An object as tests write it. */
export interface PlainObject {
  metadata: { name: string; namespace?: string; [key: string]: unknown };
  [key: string]: unknown;
}

/** A stand-in for the Kubernetes API: lists, paging and watches over a real connection. */
export interface FakeCluster {
  readonly url: string;
  /** Request paths with their queries, in order. */
  readonly asked: string[];
  readonly headers: IncomingMessage["headers"][];
  /** Objects by collection, e.g. `pods`. */
  readonly objects: Map<string, Map<string, PlainObject>>;
  /** Puts an object and tells those who watch. */
  put(collection: string, object: PlainObject): void;
  remove(collection: string, name: string): void;
  /** Sends a line to all who watch the collection, as it is. */
  tell(collection: string, event: object): void;
  /** Breaks all watches. */
  disconnect(): void;
  watchers(collection: string): number;
  /** Answers with this status until set to 0. */
  failWith: number;
  close(): Promise<void>;
}

const keyOf = ({ metadata }: PlainObject): string => `${metadata.namespace ?? ""}/${metadata.name}`;

export async function startCluster(): Promise<FakeCluster> {
  let version = 1;
  const watching = new Map<string, Set<ServerResponse>>();
  const objectsOf = (collection: string): Map<string, PlainObject> => {
    let found = cluster.objects.get(collection);
    if (found === undefined) cluster.objects.set(collection, (found = new Map()));
    return found;
  };
  const server: Server = createServer((request, response) => {
    cluster.asked.push(request.url!);
    cluster.headers.push(request.headers);
    const url = new URL(request.url!, "http://x");
    const parts = url.pathname.split("/");
    const collection = parts.at(-1)!;
    const namespace = parts.at(-3) === "namespaces" ? parts.at(-2) : undefined;
    if (cluster.failWith !== 0) {
      response.writeHead(cluster.failWith);
      response.end('{"kind":"Status"}');
      return;
    }
    response.writeHead(200, { "content-type": "application/json" });
    if (url.searchParams.get("watch") === "true") {
      response.flushHeaders();
      const watchers = watching.get(collection) ?? new Set();
      watching.set(collection, watchers);
      watchers.add(response);
      response.on("close", () => watchers.delete(response));
      return;
    }
    const items = [...objectsOf(collection).values()].filter(
      ({ metadata }) => namespace === undefined || metadata.namespace === namespace,
    );
    // Pages of two, so that paging is always used.
    const from = Number(url.searchParams.get("continue") ?? 0);
    const next = from + 2 < items.length ? String(from + 2) : "";
    const metadata = { resourceVersion: String(version), continue: next };
    response.end(JSON.stringify({ metadata, items: items.slice(from, from + 2) }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const versioned = (object: PlainObject): PlainObject => ({
    ...object,
    metadata: { ...object.metadata, resourceVersion: String(++version) },
  });
  const cluster: FakeCluster = {
    url: `http://127.0.0.1:${portOf(server)}`,
    asked: [],
    headers: [],
    objects: new Map(),
    put(collection, object) {
      const isKnown = objectsOf(collection).has(keyOf(object));
      const stored = versioned(object);
      objectsOf(collection).set(keyOf(object), stored);
      cluster.tell(collection, { type: isKnown ? "MODIFIED" : "ADDED", object: stored });
    },
    remove(collection, name) {
      const [key, object] = [...objectsOf(collection)].find(([each]) => each.endsWith(`/${name}`))!;
      objectsOf(collection).delete(key);
      cluster.tell(collection, { type: "DELETED", object: versioned(object) });
    },
    tell(collection, event) {
      // In two pieces, as a network may deliver it.
      const line = `${JSON.stringify(event)}\n`;
      for (const watcher of watching.get(collection) ?? []) {
        watcher.write(line.slice(0, 20));
        watcher.write(line.slice(20));
      }
    },
    disconnect() {
      for (const watchers of watching.values()) for (const watcher of watchers) watcher.destroy();
    },
    watchers: (collection) => watching.get(collection)?.size ?? 0,
    failWith: 0,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return cluster;
}
