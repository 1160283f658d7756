import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import {
  PLAIN_HTTP_CLIENT,
  PLAIN_TLS,
  type HttpClientConfig,
  type TlsClientConfig,
} from "../../../src/config/index.ts";
import { HttpClient, parseWrittenUrl } from "../../../src/net/index.ts";
import { certificate, certificatePath, serveTls } from "./tls-server.ts";

const cleanUp: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const release of cleanUp.splice(0).toReversed()) await release();
});

const TRUSTING: TlsClientConfig = { ...PLAIN_TLS, ca: certificate("authority.crt") };

function client(
  port: () => number,
  tlsConfig: TlsClientConfig,
  more: Partial<HttpClientConfig> = {},
): HttpClient {
  const made = new HttpClient({
    config: { ...PLAIN_HTTP_CLIENT, tlsConfig, ...more },
    dial: () => ({ host: "127.0.0.1", port: port() }),
  });
  cleanUp.push(() => made.close());
  return made;
}

async function body(from: HttpClient, host = "localhost"): Promise<string> {
  const answer = await from.fetch({
    url: parseWrittenUrl(`https://${host}/`),
    deadlineMs: 5000,
    maxBodyBytes: 1000,
  });
  return answer.body.toString();
}

test("HTTP/2 where both sides take it, else HTTP/1.1", async () => {
  const port = await serveTls("server", cleanUp);
  expect(await body(client(() => port, TRUSTING))).toBe("HTTP/2.0 ");
  expect(await body(client(() => port, TRUSTING, { enableHttp2: false }))).toBe("HTTP/1.1 ");
});

test("requests over HTTP/2 go side by side", async () => {
  const port = await serveTls("server", cleanUp);
  const from = client(() => port, TRUSTING);
  const answers = await Promise.all(Array.from({ length: 20 }, () => body(from)));
  expect(new Set(answers)).toEqual(new Set(["HTTP/2.0 "]));
});

test("a certificate of an unknown authority is refused unless nobody looks", async () => {
  const port = await serveTls("other-server", cleanUp);
  await expect(body(client(() => port, TRUSTING))).rejects.toThrow(/certificate/);
  expect(await body(client(() => port, { ...PLAIN_TLS, insecureSkipVerify: true }))).toBe("HTTP/2.0 ");
});

test("the name in the certificate counts, or the one that is configured", async () => {
  const port = await serveTls("server", cleanUp);
  await expect(
    body(
      client(() => port, TRUSTING),
      "elsewhere",
    ),
  ).rejects.toThrow(/elsewhere/);
  expect(
    await body(
      client(() => port, { ...TRUSTING, serverName: "metrics.example" }),
      "elsewhere",
    ),
  ).toBe("HTTP/2.0 ");
});

test("a client certificate is shown", async () => {
  const port = await serveTls("server", cleanUp, { requestCert: true });
  await expect(body(client(() => port, TRUSTING))).rejects.toThrow(
    /certificate required|alert|closed|EOF|reset/i,
  );
  const shown = { ...TRUSTING, cert: certificate("client.crt"), keyFile: certificatePath("client.key") };
  expect(await body(client(() => port, shown))).toBe("HTTP/2.0 scraper");
});

test("versions below the lowest accepted one are refused", async () => {
  const port = await serveTls("server", cleanUp, { maxVersion: "TLSv1.2" });
  await expect(body(client(() => port, { ...TRUSTING, minVersion: "TLS13" }))).rejects.toThrow(
    /protocol version/,
  );
  expect(await body(client(() => port, { ...TRUSTING, minVersion: "TLS12" }))).toBe("HTTP/2.0 ");
});

test("a certificate's file is read again when it has changed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "narthex-tls-"));
  cleanUp.push(() => rmSync(folder, { recursive: true }));
  const caFile = join(folder, "ca.crt");
  copyFileSync(certificatePath("authority.crt"), caFile);
  const ports = [await serveTls("server", cleanUp), await serveTls("other-server", cleanUp)];
  let current = 0;
  const from = client(() => ports[current]!, { ...PLAIN_TLS, caFile });
  expect(await body(from)).toBe("HTTP/2.0 ");
  current = 1;
  copyFileSync(certificatePath("other-authority.crt"), caFile);
  expect(await body(from)).toBe("HTTP/2.0 ");
  rmSync(caFile);
  await expect(body(from)).rejects.toThrow(/ENOENT.*ca\.crt/);
});
