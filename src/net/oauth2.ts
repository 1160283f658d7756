import { createSign } from "node:crypto";
import type { HttpClientConfig, OAuth2Config } from "../config/index.ts";
import { readSecret } from "./credentials.ts";
import { FetchError } from "./failure.ts";
import type { FetchRequest, FetchResponse } from "./http-client.ts";
import { parseWrittenUrl } from "./written-url.ts";

// Tokens for a client block with `oauth2`: asked for when first needed, kept until shortly before they end (HTTP-4).

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const EARLY_MS = 10_000; // A token is not used this shortly before it ends.
const ANSWER_BYTES = 1024 * 1024;
const ASSERTION_SECONDS = 3600;
const DIGESTS: Readonly<Record<string, string>> = { RS256: "sha256", RS384: "sha384", RS512: "sha512" };

/** What asking for a token needs of a client. */
export interface TokenClient {
  fetch(request: FetchRequest): Promise<FetchResponse>;
}

interface Token {
  readonly header: string; // Value of Authorization.
  readonly secret: string; // What it was got with.
  readonly endsAtMs: number;
}

/** The client block that the token is asked for with: the oauth2 block's own TLS and proxy, no credentials. */
export function tokenClientConfig(base: HttpClientConfig, oauth2: OAuth2Config): HttpClientConfig {
  return {
    ...base,
    basicAuth: undefined,
    authorization: undefined,
    oauth2: undefined,
    httpHeaders: {},
    tlsConfig: oauth2.tlsConfig,
    proxyUrl: oauth2.proxyUrl,
    noProxy: oauth2.noProxy,
    proxyFromEnvironment: oauth2.proxyFromEnvironment,
    proxyConnectHeader: oauth2.proxyConnectHeader,
  };
}

export class TokenSource {
  readonly #config: OAuth2Config;
  readonly #client: TokenClient;
  readonly #now: () => number; // Millis.
  #token: Token | undefined;
  #asking: Promise<Token> | undefined;
  #inParameters = false; // Whether the server wants the credentials in the form.

  constructor(config: OAuth2Config, client: TokenClient, now: () => number) {
    this.#config = config;
    this.#client = client;
    this.#now = now;
  }

  /** Value for the Authorization header. @throws FetchError; the file system's error for a secret's file. */
  async header(deadlineMs: number): Promise<string> {
    const secret = await this.#secret();
    const token = this.#token;
    if (token !== undefined && token.secret === secret && this.#now() < token.endsAtMs - EARLY_MS) {
      return token.header;
    }
    // Requests that start together share one token.
    this.#asking ??= this.#ask(secret, deadlineMs).finally(() => (this.#asking = undefined));
    this.#token = await this.#asking;
    return this.#token.header;
  }

  async #secret(): Promise<string> {
    const { grantType, clientSecret, clientSecretFile, clientCertificateKey, clientCertificateKeyFile } =
      this.#config;
    if (grantType === JWT_BEARER) {
      return clientCertificateKeyFile === "" ? clientCertificateKey : readSecret(clientCertificateKeyFile);
    }
    return clientSecretFile === "" ? clientSecret : readSecret(clientSecretFile);
  }

  async #ask(secret: string, deadlineMs: number): Promise<Token> {
    const { grantType, scopes, endpointParams } = this.#config;
    const form = new URLSearchParams();
    if (grantType === JWT_BEARER) {
      form.set("grant_type", JWT_BEARER);
      form.set("assertion", this.#assertion(secret));
    } else {
      form.set("grant_type", "client_credentials");
      if (scopes.length > 0) form.set("scope", scopes.join(" "));
    }
    for (const [name, value] of Object.entries(endpointParams)) form.set(name, value);
    if (grantType === JWT_BEARER) return this.#tokenFrom(await this.#post(form, {}, deadlineMs), secret);
    return this.#tokenFrom(await this.#postWithSecret(form, secret, deadlineMs), secret);
  }

  // Servers differ in where they look for the credentials: first the header, then the form, as Go does.
  async #postWithSecret(form: URLSearchParams, secret: string, deadlineMs: number): Promise<FetchResponse> {
    const { clientId } = this.#config;
    if (!this.#inParameters) {
      const credentials = `${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`;
      const authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;
      const answer = await this.#post(form, { authorization }, deadlineMs);
      if (answer.status < 400) return answer;
    }
    const withSecret = new URLSearchParams(form);
    withSecret.set("client_id", clientId);
    if (secret !== "") withSecret.set("client_secret", secret);
    const answer = await this.#post(withSecret, {}, deadlineMs);
    this.#inParameters = answer.status < 400;
    return answer;
  }

  #post(
    form: URLSearchParams,
    headers: Readonly<Record<string, string>>,
    deadlineMs: number,
  ): Promise<FetchResponse> {
    return this.#client.fetch({
      url: parseWrittenUrl(this.#config.tokenUrl),
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      body: Buffer.from(form.toString()),
      deadlineMs,
      maxBodyBytes: ANSWER_BYTES,
    });
  }

  #tokenFrom(answer: FetchResponse, secret: string): Token {
    const text = answer.body.toString("utf8");
    if (answer.status < 200 || answer.status > 299) {
      throw new FetchError(
        "configuration",
        `oauth2: cannot fetch token: ${answer.status} ${answer.statusText}\nResponse: ${text}`,
      );
    }
    const fields = fieldsOf(text, answer.contentType);
    const accessToken = fields["access_token"];
    if (typeof accessToken !== "string" || accessToken === "") {
      throw new FetchError("configuration", "oauth2: server response missing access_token");
    }
    const seconds = Number(fields["expires_in"]);
    const type = typeof fields["token_type"] === "string" ? fields["token_type"] : "";
    return {
      header: `${tokenType(type)} ${accessToken}`,
      secret,
      endsAtMs: seconds > 0 ? this.#now() + seconds * 1000 : Infinity,
    };
  }

  #assertion(key: string): string {
    const {
      signatureAlgorithm,
      clientCertificateKeyId,
      clientId,
      issuer,
      audience,
      claims,
      scopes,
      tokenUrl,
    } = this.#config;
    const algorithm = signatureAlgorithm === "" ? "RS256" : signatureAlgorithm;
    const seconds = Math.floor(this.#now() / 1000);
    const head = { alg: algorithm, typ: "JWT", kid: clientCertificateKeyId };
    const body = {
      ...claims,
      iss: issuer === "" ? clientId : issuer,
      sub: clientId,
      aud: audience === "" ? tokenUrl : audience,
      iat: seconds,
      exp: seconds + ASSERTION_SECONDS,
      ...(scopes.length === 0 ? {} : { scope: scopes.join(" ") }),
    };
    const signed = `${encodePart(head)}.${encodePart(body)}`;
    const signature = createSign(DIGESTS[algorithm]!).update(signed).sign(key, "base64url");
    return `${signed}.${signature}`;
  }
}

function encodePart(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

function tokenType(written: string): string {
  const lower = written.toLowerCase();
  if (lower === "" || lower === "bearer") return "Bearer";
  if (lower === "basic") return "Basic";
  return lower === "mac" ? "MAC" : written;
}

// JSON, or the form that old servers answer with.
function fieldsOf(text: string, contentType: string): Readonly<Record<string, unknown>> {
  if (/^(application\/x-www-form-urlencoded|text\/plain)\b/.test(contentType)) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null) return parsed as Record<string, unknown>;
    throw new SyntaxError("expected an object");
  } catch (error) {
    throw new FetchError("configuration", "oauth2: cannot parse json", { cause: error });
  }
}
