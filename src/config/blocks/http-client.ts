import {
  block,
  field,
  shownField,
  type BlockFields,
  type BlockPlace,
  type BlockType,
  type Type,
} from "../schema.ts";
import { boolean, filePath, list, map, oneOf, optional, secret, text, url } from "../values.ts";
import type {
  AuthorizationConfig,
  BasicAuthConfig,
  HttpClientConfig,
  HttpHeaderConfig,
  OAuth2Config,
  ProxyConfig,
  TlsClientConfig,
  TlsVersion,
} from "../types.ts";

// The HTTP client block that jobs, alertmanagers, remote storage and most discovery share (spec section 6).

const TLS_VERSIONS = ["TLS10", "TLS11", "TLS12", "TLS13"] as const satisfies readonly TlsVersion[];
const tlsVersion = optional(oneOf(TLS_VERSIONS, (written) => `unknown TLS version: ${written}`));

const TLS_CONFIG: BlockType<TlsClientConfig> = block({
  fields: {
    ca: field("ca", text),
    caFile: field("ca_file", filePath),
    cert: field("cert", text),
    certFile: field("cert_file", filePath),
    key: field("key", secret),
    keyFile: field("key_file", filePath),
    serverName: field("server_name", text),
    insecureSkipVerify: field("insecure_skip_verify", boolean),
    minVersion: field("min_version", tlsVersion),
    maxVersion: field("max_version", tlsVersion),
  },
  finish(raw: TlsClientConfig, place): TlsClientConfig {
    for (const name of ["ca", "cert", "key"] as const) {
      if (raw[name] === "" || raw[`${name}File`] === "") continue;
      place.report(`${name}_file`, `at most one of ${name}, ${name}_file & ${name}_ref must be configured`);
    }
    const hasCert = raw.cert !== "" || raw.certFile !== "";
    const hasKey = raw.key !== "" || raw.keyFile !== "";
    if (hasCert && !hasKey) {
      const message =
        "exactly one of key or key_file must be configured when a client certificate is configured";
      place.report(raw.cert === "" ? "cert_file" : "cert", message);
    } else if (hasKey && !hasCert) {
      const message = "exactly one of cert or cert_file must be configured when a client key is configured";
      place.report(raw.key === "" ? "key_file" : "key", message);
    }
    return raw;
  },
});

/** A TLS block that is undefined where it says nothing. */
export const tlsConfig: Type<TlsClientConfig | undefined> = {
  zero: undefined,
  read(tree, place) {
    const value = TLS_CONFIG.read(tree, place);
    return Object.values(value).some((each) => each !== undefined && each !== "" && each !== false)
      ? value
      : undefined;
  },
  render: (value) => (value === undefined ? undefined : TLS_CONFIG.render(value)),
};

const PROXY_FIELDS: BlockFields<ProxyConfig> = {
  proxyUrl: field("proxy_url", url),
  noProxy: field("no_proxy", text),
  proxyFromEnvironment: field("proxy_from_environment", boolean),
  proxyConnectHeader: field("proxy_connect_header", map(list(secret))),
};

function checkProxy(raw: ProxyConfig, place: BlockPlace): void {
  const { proxyUrl, noProxy, proxyFromEnvironment } = raw;
  if (Object.keys(raw.proxyConnectHeader).length > 0 && !proxyFromEnvironment && proxyUrl === "") {
    place.report(
      "proxy_connect_header",
      "if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured",
    );
  }
  if (proxyFromEnvironment && proxyUrl !== "") {
    place.report("proxy_url", "if proxy_from_environment is configured, proxy_url must not be configured");
  }
  if (proxyFromEnvironment && noProxy !== "") {
    place.report("no_proxy", "if proxy_from_environment is configured, no_proxy must not be configured");
  } else if (proxyUrl === "" && noProxy !== "") {
    place.report("no_proxy", "if no_proxy is configured, proxy_url must also be configured");
  }
}

const BASIC_AUTH: BlockType<BasicAuthConfig> = block({
  fields: {
    username: field("username", text),
    usernameFile: field("username_file", filePath),
    usernameRef: field("username_ref", text),
    password: field("password", secret),
    passwordFile: field("password_file", filePath),
    passwordRef: field("password_ref", text),
  },
  finish(raw: Required<BasicAuthConfig>, place): BasicAuthConfig {
    onlyOne(place, "basic_auth", {
      username: raw.username,
      username_file: raw.usernameFile,
      username_ref: raw.usernameRef,
    });
    onlyOne(place, "basic_auth", {
      password: raw.password,
      password_file: raw.passwordFile,
      password_ref: raw.passwordRef,
    });
    return raw;
  },
});

const AUTHORIZATION: BlockType<AuthorizationConfig> = block({
  fields: {
    type: field("type", text, "Bearer"),
    credentials: field("credentials", secret),
    credentialsFile: field("credentials_file", filePath),
    credentialsRef: field("credentials_ref", text),
  },
  finish(raw: Required<AuthorizationConfig>, place): AuthorizationConfig {
    const type = raw.type.trim();
    if (type.toLowerCase() === "basic") {
      place.report("type", 'authorization type cannot be set to "basic", use "basic_auth" instead');
    }
    onlyOne(place, "authorization", {
      credentials: raw.credentials,
      credentials_file: raw.credentialsFile,
      credentials_ref: raw.credentialsRef,
    });
    return { ...raw, type: type === "" ? "Bearer" : type };
  },
});

const GRANT_TYPES = ["", "client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer"] as const;
const SIGNATURES = ["", "RS256", "RS384", "RS512"] as const;

const OAUTH2: BlockType<OAuth2Config> = block({
  fields: {
    clientId: field("client_id", text),
    clientSecret: field("client_secret", secret),
    clientSecretFile: field("client_secret_file", filePath),
    clientSecretRef: field("client_secret_ref", text),
    clientCertificateKeyId: field("client_certificate_key_id", text),
    clientCertificateKey: field("client_certificate_key", secret),
    clientCertificateKeyFile: field("client_certificate_key_file", filePath),
    clientCertificateKeyRef: field("client_certificate_key_ref", text),
    grantType: field("grant_type", oneOf(GRANT_TYPES)),
    signatureAlgorithm: field("signature_algorithm", oneOf(SIGNATURES)),
    issuer: field("iss", text),
    audience: field("audience", text),
    claims: field("claims", map(text)),
    scopes: field("scopes", list(text)),
    tokenUrl: field("token_url", url),
    endpointParams: field("endpoint_params", map(text)),
    tlsConfig: field("tls_config", tlsConfig),
    ...PROXY_FIELDS,
  },
  finish(raw: OAuth2Config, place): OAuth2Config {
    if (raw.clientId === "") place.report("client_id", "oauth2 client_id must be configured");
    if (raw.tokenUrl === "") place.report("token_url", "oauth2 token_url must be configured");
    onlyOne(place, "oauth2", {
      client_secret: raw.clientSecret,
      client_secret_file: raw.clientSecretFile,
      client_secret_ref: raw.clientSecretRef,
    });
    onlyOne(place, "oauth2", {
      client_certificate_key: raw.clientCertificateKey,
      client_certificate_key_file: raw.clientCertificateKeyFile,
      client_certificate_key_ref: raw.clientCertificateKeyRef,
    });
    checkProxy(raw, place);
    return raw;
  },
});

const HTTP_HEADER: BlockType<HttpHeaderConfig> = block({
  fields: {
    values: field("values", list(text)),
    secrets: field("secrets", list(secret)),
    files: field("files", list(filePath)),
  },
  finish: (raw: HttpHeaderConfig): HttpHeaderConfig => raw,
});

// In the form in which HTTP libraries write header names.
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  "Authorization",
  "Host",
  "Content-Encoding",
  "Content-Length",
  "Content-Type",
  "User-Agent",
  "Connection",
  "Keep-Alive",
  "Proxy-Authenticate",
  "Proxy-Authorization",
  "Www-Authenticate",
  "Accept-Encoding",
  "X-Prometheus-Remote-Write-Version",
  "X-Prometheus-Remote-Read-Version",
  "X-Prometheus-Scrape-Timeout-Seconds",
  "X-Amz-Date",
  "X-Amz-Security-Token",
  "X-Amz-Content-Sha256",
]);

interface HttpFields extends HttpClientConfig {
  readonly bearerToken: string;
  readonly bearerTokenFile: string;
}

/**
 * The client block with `enable_http2` defaulting to `http2`; `bearer_token` becomes `authorization`.
 * Source: spec HTTP-1 to HTTP-13.
 */
export function httpClientBlock(http2: boolean): BlockType<HttpClientConfig> {
  return block({
    fields: {
      basicAuth: field("basic_auth", optional(BASIC_AUTH)),
      authorization: field("authorization", optional(AUTHORIZATION)),
      oauth2: field("oauth2", optional(OAUTH2)),
      bearerToken: field("bearer_token", secret),
      bearerTokenFile: field("bearer_token_file", filePath),
      tlsConfig: field("tls_config", tlsConfig),
      followRedirects: field("follow_redirects", boolean, true),
      enableHttp2: shownField("enable_http2", boolean, http2),
      ...PROXY_FIELDS,
      httpHeaders: field("http_headers", map(HTTP_HEADER)),
    },
    finish: finishHttpClient,
  });
}

export const HTTP_CLIENT: BlockType<HttpClientConfig> = httpClientBlock(true);

function finishHttpClient(raw: HttpFields, place: BlockPlace): HttpClientConfig {
  const { bearerToken, bearerTokenFile, ...config } = raw;
  checkProxy(raw, place);
  for (const name of Object.keys(raw.httpHeaders)) {
    const written = name.toLowerCase().replace(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase());
    if (RESERVED_HEADERS.has(written)) {
      place.report("http_headers", `setting header "${written}" is not allowed`);
    }
  }
  const methods = [raw.basicAuth, raw.oauth2, raw.authorization].filter((method) => method !== undefined);
  if (methods.length > 1) {
    const key = raw.authorization === undefined ? "oauth2" : "authorization";
    place.report(key, "at most one of basic_auth, oauth2 & authorization must be configured");
  }
  if (bearerToken === "" && bearerTokenFile === "") return config;
  const key = bearerToken === "" ? "bearer_token_file" : "bearer_token";
  if (bearerToken !== "" && bearerTokenFile !== "") {
    place.report(key, "at most one of bearer_token & bearer_token_file must be configured");
  }
  if (methods.length > 0) {
    const all = "basic_auth, oauth2, bearer_token & bearer_token_file";
    place.report(key, `at most one of ${all} must be configured`);
  }
  const authorization = { type: "Bearer", credentials: bearerToken, credentialsFile: bearerTokenFile };
  return { ...config, authorization };
}

/** Reports when more than one of `values`, the spellings of one setting of `owner`, is there. */
function onlyOne(place: BlockPlace, owner: string, values: Readonly<Record<string, string>>): void {
  const keys = Object.keys(values);
  const given = keys.filter((key) => values[key] !== "");
  if (given.length < 2) return;
  const all = `${keys.slice(0, -1).join(", ")} & ${keys.at(-1)}`;
  place.report(given.at(-1)!, `at most one of ${owner} ${all} must be configured`);
}
