import { createServer } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { PLAIN_HTTP_CLIENT, PLAIN_TLS, type ProxyConfig } from "../../../src/config/index.ts";
import { proxyFor } from "../../../src/net/proxy.ts";
import { HttpClient, parseWrittenUrl } from "../../../src/net/index.ts";
import { portOf } from "../../../examples/docker-course/stub-dns.ts";
import { serveTls, certificate } from "./tls-server.ts";

const cleanUp: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const release of cleanUp.splice(0).toReversed()) await release();
});

const config = (more: Partial<ProxyConfig>): ProxyConfig => ({ ...PLAIN_HTTP_CLIENT, ...more });
const chosen = (url: string, more: Partial<ProxyConfig>, environment = {}): string | undefined =>
  proxyFor(parseWrittenUrl(url), config(more), environment)?.host;

describe("which requests go through the proxy", () => {
  const proxyUrl = "http://proxy:3128";

  test("all, without no_proxy", () => {
    expect(chosen("http://app:80/", { proxyUrl })).toBe("proxy:3128");
    expect(chosen("http://localhost:80/", { proxyUrl })).toBe("proxy:3128");
  });

  test.each([
    ["http://app.example.com/", "example.com", true],
    ["http://example.com/", "example.com", true],
    ["http://example.com/", ".example.com", false],
    ["http://app.example.com/", "*.example.com", true],
    ["http://notexample.com/", "example.com", false],
    ["http://APP.Example.com/", "example.COM", true],
    ["http://10.1.2.3/", "10.0.0.0/8", true],
    ["http://11.1.2.3/", "10.0.0.0/8", false],
    ["http://10.1.2.3/", "10.1.2.3", true],
    ["http://[fd00::1]/", "fd00::/8", true],
    ["http://example.com:8080/", "example.com:8080", true],
    ["http://example.com:8081/", "example.com:8080", false],
    ["http://other/", "example.com, *", true],
    ["http://127.0.0.1/", "example.com", true],
    ["http://localhost/", "example.com", true],
    ["http://other/", "example.com,,10.0.0.0/99", false],
  ])("%s with no_proxy %s goes straight: %s", (url, noProxy, isDirect) => {
    expect(chosen(url, { proxyUrl, noProxy })).toBe(isDirect ? undefined : "proxy:3128");
  });

  test("the environment's, by scheme, in capitals or not, with or without a scheme of its own", () => {
    const fromEnvironment = { proxyFromEnvironment: true };
    const environment = { HTTP_PROXY: "plain:1", https_proxy: "http://tls:2", NO_PROXY: "direct.example" };
    expect(chosen("http://app/", fromEnvironment, environment)).toBe("plain:1");
    expect(chosen("https://app/", fromEnvironment, environment)).toBe("tls:2");
    expect(chosen("https://direct.example/", fromEnvironment, environment)).toBeUndefined();
    expect(chosen("http://app/", {}, environment)).toBeUndefined();
  });

  test("an address that is none says so without its password", () => {
    expect(() => chosen("http://app/", { proxyUrl: "ftp://user:secret@proxy" })).toThrow(
      'invalid proxy address "ftp://xxxxx@proxy", expected http, https or socks5',
    );
  });
});

test("plain requests go to the proxy whole, with its credentials", async () => {
  const seen: { url: string; host: string; authorization: string; many: string }[] = [];
  const proxy = createServer((request, response) => {
    const { host = "", "proxy-authorization": authorization = "", "x-many": many } = request.headers;
    seen.push({ url: request.url ?? "", host, authorization, many: String(many) });
    response.end("through the proxy");
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  cleanUp.push(() => void proxy.close());
  const client = new HttpClient({
    config: {
      ...PLAIN_HTTP_CLIENT,
      proxyUrl: `http://user:pass@127.0.0.1:${portOf(proxy)}`,
      httpHeaders: { "X-Many": { values: ["a", "b"], secrets: [], files: [] } },
    },
  });
  cleanUp.push(() => client.close());
  const answer = await client.fetch({
    url: parseWrittenUrl("http://app.invalid:9100/metrics?x=1"),
    deadlineMs: 5000,
    maxBodyBytes: 1000,
  });
  expect(answer.body.toString()).toBe("through the proxy");
  expect(seen).toEqual([
    {
      url: "http://app.invalid:9100/metrics?x=1",
      host: "app.invalid:9100",
      authorization: `Basic ${Buffer.from("user:pass").toString("base64")}`,
      many: "a, b",
    },
  ]);
});

test("TLS goes through a tunnel, which gets the configured headers", async () => {
  const target = await serveTls("server", cleanUp);
  const asked: string[] = [];
  const proxy = createServer().on("connect", (request, socket) => {
    asked.push(`${request.url} ${String(request.headers["x-team"])}`);
    const onward = connect(target, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    cleanUp.push(() => void onward.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  cleanUp.push(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const client = new HttpClient({
    config: {
      ...PLAIN_HTTP_CLIENT,
      proxyUrl: `http://127.0.0.1:${portOf(proxy)}`,
      proxyConnectHeader: { "X-Team": ["a", "b"] },
      tlsConfig: { ...PLAIN_TLS, ca: certificate("authority.crt") },
    },
  });
  cleanUp.push(() => client.close());
  const answer = await client.fetch({
    url: parseWrittenUrl("https://metrics.example/metrics"),
    deadlineMs: 5000,
    maxBodyBytes: 1000,
  });
  expect(answer.body.toString()).toMatch(/^HTTP\/(2.0|1.1) /);
  expect(asked).toEqual(["metrics.example:443 a, b"]);
});
