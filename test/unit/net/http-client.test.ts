import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { PLAIN_HTTP_CLIENT, type HttpClientConfig } from "../../../src/config/index.ts";
import { HttpClient, parseWrittenUrl, type FetchRequest } from "../../../src/net/index.ts";
import { portOf } from "../../../examples/docker-course/stub-dns.ts";

const cleanUp: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const release of cleanUp.splice(0).toReversed()) await release();
});

async function serve(listener: RequestListener): Promise<number> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUp.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return portOf(server);
}

function client(config: Partial<HttpClientConfig> = {}, port?: number): HttpClient {
  const made = new HttpClient({
    config: { ...PLAIN_HTTP_CLIENT, ...config },
    ...(port === undefined ? {} : { dial: () => ({ host: "127.0.0.1", port }) }),
  });
  cleanUp.push(() => made.close());
  return made;
}

const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;

const get = (url: string, more: Partial<FetchRequest> = {}): FetchRequest => ({
  url: parseWrittenUrl(url),
  deadlineMs: 5000,
  maxBodyBytes: 1_000_000,
  ...more,
});

test("a host keeps its capitals and underscore on the wire", async () => {
  let seen: IncomingMessage["headers"] = {};
  const port = await serve((request, response) => {
    seen = request.headers;
    response.end("ok");
  });
  const answer = await client({}, port).fetch(get("http://DOCKER_HOST:9323/metrics?a=b"));
  expect(answer.body.toString()).toBe("ok");
  expect(seen.host).toBe("DOCKER_HOST:9323");
});

test("gzip is unpacked when the answer says exactly that", async () => {
  const port = await serve((request, response) => {
    if (request.url === "/gzip") response.setHeader("content-encoding", "gzip");
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(gzipSync("a 1\n"));
  });
  const packed = await client().fetch(get(`http://127.0.0.1:${port}/gzip`));
  expect([packed.body.toString(), packed.contentType]).toEqual(["a 1\n", "text/plain; version=0.0.4"]);
  const raw = await client().fetch(get(`http://127.0.0.1:${port}/raw`));
  expect(raw.body.equals(gzipSync("a 1\n"))).toBe(true);
});

test.each([
  ["as it comes", false],
  ["when unpacked", true],
])("a body over the limit fails %s", async (_how, packed) => {
  const port = await serve((_request, response) => {
    if (packed) response.setHeader("content-encoding", "gzip");
    response.end(packed ? gzipSync("x".repeat(1001)) : "x".repeat(1001));
  });
  const request = get(`http://127.0.0.1:${port}/`, { maxBodyBytes: 1000 });
  await expect(client().fetch(request)).rejects.toMatchObject({
    kind: "body-limit",
    message: "body size limit exceeded",
  });
});

test("the deadline holds before the headers and within the body", async () => {
  const port = await serve((request, response) => {
    if (request.url === "/body") response.write("a 1\n");
  });
  const base = `http://127.0.0.1:${port}`;
  await expect(client().fetch(get(`${base}/head`, { deadlineMs: 50 }))).rejects.toMatchObject({
    kind: "deadline",
    message: `Get "${base}/head": context deadline exceeded`,
  });
  await expect(client().fetch(get(`${base}/body`, { deadlineMs: 1000 }))).rejects.toMatchObject({
    kind: "deadline",
    message: "context deadline exceeded",
  });
});

test("after a time-out the next request gets a connection of its own", async () => {
  let calls = 0;
  const port = await serve((_request, response) => {
    if (++calls > 1) response.end("ok");
  });
  const one = client();
  await expect(one.fetch(get(`http://127.0.0.1:${port}/`, { deadlineMs: 50 }))).rejects.toThrow("deadline");
  expect((await one.fetch(get(`http://127.0.0.1:${port}/`))).body.toString()).toBe("ok");
});

test("failures to connect read as Prometheus's", async () => {
  await expect(client().fetch(get("http://127.0.0.1:1/metrics"))).rejects.toThrow(
    'Get "http://127.0.0.1:1/metrics": dial tcp 127.0.0.1:1: connect: connection refused',
  );
  expect(() => parseWrittenUrl("ftp://h/metrics")).toThrow('unsupported protocol scheme "ftp"');
});

test("redirects are followed without credentials to another host, or not at all when told so", async () => {
  const authorizations: (string | undefined)[] = [];
  const last = await serve((request, response) => {
    authorizations.push(request.headers.authorization);
    response.end("there");
  });
  const first = await serve((request, response) => {
    authorizations.push(request.headers.authorization);
    const location = request.url === "/here" ? "/there" : `http://127.0.0.1:${last}/x`;
    response.writeHead(302, { location }).end();
  });
  const authorization = { type: "Bearer", credentials: "s3cret", credentialsFile: "" };
  const answer = await client({ authorization }).fetch(get(`http://127.0.0.1:${first}/here`));
  expect([answer.status, answer.body.toString()]).toEqual([200, "there"]);
  expect(authorizations).toEqual(["Bearer s3cret", "Bearer s3cret", undefined]);
  const held = await client({ followRedirects: false }).fetch(get(`http://127.0.0.1:${first}/here`));
  expect([held.status, held.statusText]).toEqual([302, "Found"]);
});

test("secrets in files are read anew for each request", async () => {
  const seen: (string | undefined)[] = [];
  const port = await serve((request, response) => {
    seen.push(request.headers.authorization, request.headers["x-tenant"] as string | undefined);
    response.end();
  });
  const folder = mkdtempSync(join(tmpdir(), "narthex-net-"));
  cleanUp.push(() => rmSync(folder, { recursive: true }));
  const passwordFile = join(folder, "password");
  const one = client({
    basicAuth: { username: "ann", usernameFile: "", password: "", passwordFile },
    httpHeaders: { "X-Tenant": { values: ["blue"], secrets: [], files: [] } },
  });
  for (const password of ["first\n", "second\n"]) {
    writeFileSync(passwordFile, password);
    await one.fetch(get(`http://127.0.0.1:${port}/`));
  }
  expect(seen).toEqual([basic("ann:first"), "blue", basic("ann:second"), "blue"]);
});

test("a request that hangs holds up and breaks no other to the same address", async () => {
  const port = await serve((request, response) => {
    if (request.url !== "/hangs") setTimeout(() => response.end("ok"), 100);
  });
  const one = client();
  const base = `http://127.0.0.1:${port}`;
  await one.fetch(get(`${base}/first`)); // A connection is there, on which they could queue.
  const hanging = one.fetch(get(`${base}/hangs`, { deadlineMs: 50 })).catch((error: unknown) => error);
  const others = ["a", "b", "c"].map((path) => one.fetch(get(`${base}/${path}`)));
  expect((await Promise.all(others)).map(({ body }) => body.toString())).toEqual(["ok", "ok", "ok"]);
  expect(await hanging).toMatchObject({ kind: "deadline" });
});

test("a kept connection that the other side closes meanwhile is replaced, a server that always closes fails", async () => {
  let calls = 0;
  const port = await serve((request, response) => {
    if (++calls === 2 || request.url === "/never") request.socket.destroy();
    else response.end(`call ${calls}`);
  });
  const one = client();
  const base = `http://127.0.0.1:${port}`;
  await one.fetch(get(base));
  expect((await one.fetch(get(base))).body.toString()).toBe("call 3");
  await expect(one.fetch(get(`${base}/never`))).rejects.toThrow(`Get "${base}/never": EOF`);
  expect(calls).toBe(5);
});
