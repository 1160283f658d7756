import { createVerify, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { PLAIN_HTTP_CLIENT, type OAuth2Config } from "../../../src/config/index.ts";
import type { FetchRequest, FetchResponse } from "../../../src/net/index.ts";
import { tokenClientConfig, TokenSource, type TokenClient } from "../../../src/net/oauth2.ts";

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const release of cleanUp.splice(0).toReversed()) release();
});

const CONFIG: OAuth2Config = {
  ...PLAIN_HTTP_CLIENT,
  clientId: "scraper",
  clientSecret: "s3cret&more",
  clientSecretFile: "",
  clientSecretRef: "",
  clientCertificateKeyId: "",
  clientCertificateKey: "",
  clientCertificateKeyFile: "",
  clientCertificateKeyRef: "",
  signatureAlgorithm: "",
  issuer: "",
  audience: "",
  claims: {},
  tokenUrl: "http://issuer/token",
  scopes: [],
  endpointParams: {},
  grantType: "",
};

/** Answers in turn, the last one for good; keeps the forms and the Authorization headers it got. */
class Issuer implements TokenClient {
  readonly asked: { form: Record<string, string>; authorization: string }[] = [];
  readonly #answers: readonly (readonly [status: number, body: string, contentType?: string])[];
  constructor(...answers: (readonly [number, string, string?])[]) {
    this.#answers = answers;
  }

  async fetch(request: FetchRequest): Promise<FetchResponse> {
    const form = Object.fromEntries(new URLSearchParams(Buffer.from(request.body!).toString()));
    const [status, body, contentType = "application/json"] =
      this.#answers[Math.min(this.asked.length, this.#answers.length - 1)]!;
    this.asked.push({ form, authorization: request.headers?.["authorization"] ?? "" });
    return {
      status,
      statusText: "Text",
      contentType,
      body: Buffer.from(body),
      headerText: () => "",
      release: () => undefined,
    };
  }
}

const token = (name: string, seconds = 3600): [number, string] => [
  200,
  JSON.stringify({ access_token: name, token_type: "bearer", expires_in: seconds }),
];

test("a token is asked for once and used until shortly before it ends", async () => {
  let now = 0;
  const issuer = new Issuer(token("one"), token("two"));
  const config = { ...CONFIG, scopes: ["a", "b"], endpointParams: { audience: "x" } };
  const source = new TokenSource(config, issuer, () => now);
  expect(await Promise.all([source.header(1000), source.header(1000)])).toEqual(["Bearer one", "Bearer one"]);
  now = 3_589_000;
  expect(await source.header(1000)).toBe("Bearer one");
  now = 3_590_000;
  expect(await source.header(1000)).toBe("Bearer two");
  expect(issuer.asked).toHaveLength(2);
  expect(issuer.asked[0]).toEqual({
    form: { grant_type: "client_credentials", scope: "a b", audience: "x" },
    authorization: `Basic ${Buffer.from("scraper:s3cret%26more").toString("base64")}`,
  });
});

test("a server that wants the credentials in the form gets them there", async () => {
  const issuer = new Issuer([401, "no"], token("one", 1), token("two"));
  const source = new TokenSource(CONFIG, issuer, () => 0);
  expect(await source.header(1000)).toBe("Bearer one");
  expect(await source.header(1000)).toBe("Bearer two");
  expect(issuer.asked.map(({ form }) => form["client_secret"])).toEqual([
    undefined,
    "s3cret&more",
    "s3cret&more",
  ]);
});

test("what the server says when it refuses is told", async () => {
  const source = new TokenSource(CONFIG, new Issuer([403, "not you"]), () => 0);
  await expect(source.header(1000)).rejects.toThrow(
    "oauth2: cannot fetch token: 403 Text\nResponse: not you",
  );
});

test.each([
  [[200, "{}"] as const, "oauth2: server response missing access_token"],
  [[200, "<html>"] as const, "oauth2: cannot parse json"],
])("an answer without a token: %j", async (answer, message) => {
  await expect(new TokenSource(CONFIG, new Issuer(answer), () => 0).header(1)).rejects.toThrow(message);
});

test("an answer as a form is read, too", async () => {
  const issuer = new Issuer([200, "access_token=one&token_type=mac", "text/plain; charset=utf-8"]);
  expect(await new TokenSource(CONFIG, issuer, () => 0).header(1)).toBe("MAC one");
});

test("a changed secret's file makes a new token", async () => {
  const folder = mkdtempSync(join(tmpdir(), "narthex-oauth2-"));
  cleanUp.push(() => rmSync(folder, { recursive: true }));
  const clientSecretFile = join(folder, "secret");
  writeFileSync(clientSecretFile, "first\n");
  const issuer = new Issuer(token("one"), token("two"));
  const source = new TokenSource({ ...CONFIG, clientSecret: "", clientSecretFile }, issuer, () => 0);
  expect(await source.header(1000)).toBe("Bearer one");
  writeFileSync(clientSecretFile, "second\n");
  expect(await source.header(1000)).toBe("Bearer two");
});

test("jwt-bearer signs its claims", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const issuer = new Issuer(token("one"));
  const config: OAuth2Config = {
    ...CONFIG,
    grantType: "urn:ietf:params:oauth:grant-type:jwt-bearer",
    clientCertificateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    clientCertificateKeyId: "key-1",
    signatureAlgorithm: "RS384",
    claims: { tenant: "t" },
    scopes: ["read"],
  };
  expect(await new TokenSource(config, issuer, () => 1_000_000).header(1)).toBe("Bearer one");
  const { grant_type: grant, assertion } = issuer.asked[0]!.form;
  expect(grant).toBe(config.grantType);
  const [head, body, signature] = assertion!.split(".");
  const decoded = [head, body].map((part): unknown =>
    JSON.parse(Buffer.from(part!, "base64url").toString("utf8")),
  );
  expect(decoded).toEqual([
    { alg: "RS384", typ: "JWT", kid: "key-1" },
    {
      tenant: "t",
      iss: "scraper",
      sub: "scraper",
      aud: "http://issuer/token",
      iat: 1000,
      exp: 4600,
      scope: "read",
    },
  ]);
  expect(createVerify("sha384").update(`${head}.${body}`).verify(publicKey, signature!, "base64url")).toBe(
    true,
  );
});

test("the token is asked for with the block's own proxy and without the job's credentials", () => {
  const base = {
    ...PLAIN_HTTP_CLIENT,
    proxyUrl: "http://job-proxy",
    httpHeaders: { X: { values: ["1"], secrets: [], files: [] } },
  };
  const config = tokenClientConfig(base, { ...CONFIG, proxyUrl: "http://token-proxy" });
  expect(config.proxyUrl).toBe("http://token-proxy");
  expect(config.httpHeaders).toEqual({});
  expect(config.oauth2).toBeUndefined();
});
