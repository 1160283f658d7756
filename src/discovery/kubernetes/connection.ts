import { readFileSync } from "node:fs";
import path from "node:path";
import { NarthexError } from "../../base/index.ts";
import {
  parsePlainYaml,
  PLAIN_HTTP_CLIENT,
  PLAIN_TLS,
  type HttpClientConfig,
  type KubernetesSdConfig,
  type PlainYaml,
} from "../../config/index.ts";

// Where the API is and how to log in: as configured, as a kubeconfig file says, or from within the cluster (SD-31).

/** Where a pod finds its account. */
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The cluster cannot be reached with what is known. */
export class KubernetesError extends NarthexError {
  override readonly name = "KubernetesError";
  readonly errorType = "execution";
}

export interface Connection {
  readonly server: string; // URL without a slash at its end.
  readonly client: HttpClientConfig;
  readonly ownNamespace: string; // "" outside a cluster.
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws KubernetesError, ConfigError saying what is missing. */
export function findConnection(
  config: KubernetesSdConfig,
  environment: Environment,
  accountFolder: string = SERVICE_ACCOUNT,
): Connection {
  if (config.apiServer !== "") {
    return { server: withoutSlash(config.apiServer), client: config.httpClient, ownNamespace: "" };
  }
  if (config.kubeconfigFile !== "") return fromKubeconfig(config.kubeconfigFile);
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
  if (!host || !port) {
    throw new KubernetesError(
      "not in a cluster (KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set), expected api_server or kubeconfig_file",
    );
  }
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    client: {
      ...PLAIN_HTTP_CLIENT,
      authorization: { type: "Bearer", credentials: "", credentialsFile: path.join(accountFolder, "token") },
      tlsConfig: { ...PLAIN_TLS, caFile: path.join(accountFolder, "ca.crt") },
    },
    ownNamespace: readText(path.join(accountFolder, "namespace")).trim(),
  };
}

function fromKubeconfig(file: string): Connection {
  const root = new Section(file, "", parsePlainYaml(file, readText(file)));
  const current = root.text("current-context");
  const context = root.named("contexts", current).section("context");
  const cluster = root.named("clusters", context.text("cluster")).section("cluster");
  const user = root.named("users", context.text("user")).section("user");
  const folder = path.dirname(file);
  const at = (name: string): string => (name === "" ? "" : path.resolve(folder, name));
  const unsupported = ["exec", "auth-provider"].find((key) => user.has(key));
  if (unsupported !== undefined) {
    throw new KubernetesError(
      `${file}: the user logs in by ${unsupported}, expected a token, certificate or password`,
    );
  }
  const server = withoutSlash(cluster.text("server"));
  if (server === "") throw new KubernetesError(`${file}: the cluster has no server`);
  return {
    server,
    client: {
      ...PLAIN_HTTP_CLIENT,
      ...credentials(user, at),
      proxyUrl: cluster.text("proxy-url"),
      tlsConfig: {
        ...PLAIN_TLS,
        ca: decoded(cluster.text("certificate-authority-data")),
        caFile: at(cluster.text("certificate-authority")),
        cert: decoded(user.text("client-certificate-data")),
        certFile: at(user.text("client-certificate")),
        key: decoded(user.text("client-key-data")),
        keyFile: at(user.text("client-key")),
        serverName: cluster.text("tls-server-name"),
        insecureSkipVerify: cluster.text("insecure-skip-tls-verify") === "true",
      },
    },
    ownNamespace: context.text("namespace"),
  };
}

function credentials(user: Section, at: (name: string) => string): Partial<HttpClientConfig> {
  const [token, tokenFile, username] = [
    user.text("token"),
    at(user.text("tokenFile")),
    user.text("username"),
  ];
  if (token !== "" || tokenFile !== "") {
    return { authorization: { type: "Bearer", credentials: token, credentialsFile: tokenFile } };
  }
  if (username === "") return {};
  const password = user.text("password");
  return { basicAuth: { username, usernameFile: "", password, passwordFile: "" } };
}

/** A mapping within a kubeconfig file. */
class Section {
  readonly #file: string;
  readonly #at: string;
  readonly #values: { readonly [key: string]: PlainYaml };

  constructor(file: string, at: string, value: PlainYaml) {
    if (typeof value !== "object" || Array.isArray(value)) {
      throw new KubernetesError(`${file}: expected a mapping${at === "" ? "" : ` at ${at}`}`);
    }
    this.#file = file;
    this.#at = at;
    this.#values = value as { readonly [key: string]: PlainYaml };
  }

  has(key: string): boolean {
    return this.#values[key] !== undefined;
  }

  text(key: string): string {
    const value = this.#values[key] ?? "";
    if (typeof value !== "string")
      throw new KubernetesError(`${this.#file}: expected a text at ${this.#at}${key}`);
    return value;
  }

  section(key: string): Section {
    return new Section(this.#file, `${this.#at}${key}.`, this.#values[key]);
  }

  /** The entry of a list that has this name. */
  named(key: string, name: string): Section {
    const list = this.#values[key];
    const entries = Array.isArray(list) ? (list as readonly PlainYaml[]) : [];
    for (const entry of entries) {
      const section = new Section(this.#file, `${key}.`, entry);
      if (section.text("name") === name) return section;
    }
    throw new KubernetesError(`${this.#file}: ${key} has no entry with the name "${name}"`);
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new KubernetesError(`${file} cannot be read`, { cause: error });
  }
}

function decoded(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
