import { goQuote } from "../../model/index.ts";
import { field, type BlockType } from "../schema.ts";
import type { HttpClientConfig } from "../types.ts";
import { boolean, duration, filePath, integer, list, secret, text, url } from "../values.ts";
import { AWS_MECHANISMS } from "./aws-discovery.ts";
import { tlsConfig } from "./http-client.ts";
import { checkHttpUrl } from "./list-discovery.ts";
import {
  allOf,
  authMethods,
  mechanism,
  oneKeyOf,
  port,
  refresh,
  requireKeys,
  roleAmong,
  type Entry,
  type EntryCheck,
} from "./mechanism.ts";

// The discovery mechanisms that are read, checked and shown, but find nothing yet (spec SD-10 to SD-70).

const checkHttp: EntryCheck = (entry, place) => checkHttpUrl(entry["url"] as string, place);

const checkMarathon: EntryCheck = (entry, place) => {
  const { auth_token: token, auth_token_file: file } = entry;
  if (token !== "" && file !== "")
    place.report("auth_token_file", "only one of auth_token, auth_token_file can be given");
  const methods = authMethods(entry["httpClient"] as HttpClientConfig);
  if ((token !== "" || file !== "") && methods.length > 0) {
    const key = token === "" ? "auth_token_file" : "auth_token";
    place.report(key, `${key} cannot be given together with ${methods.join(", ")}`);
  }
};

const checkPaths: EntryCheck = (entry, place) => {
  for (const path of entry["paths"] as readonly string[]) {
    if (!path.startsWith("/")) place.report("paths", `path ${goQuote(path)} must start with /`);
  }
};

const checkAzure: EntryCheck = (entry, place) => {
  const method = entry["authentication_method"];
  const methods = ["OAuth", "ManagedIdentity", "SDK", "WorkloadIdentity"];
  if (!methods.includes(method as string)) {
    const given = goQuote(method as string);
    place.report(
      "authentication_method",
      `unknown authentication_method ${given}, expected one of ${methods.join(", ")}`,
    );
  }
  if (method === "OAuth") requireKeys("tenant_id", "client_id", "client_secret")(entry, place);
};

const checkOci: EntryCheck = (entry, place) => {
  roleAmong("auth", ["api_key", "instance_principal"])(entry, place);
  if (entry["auth"] === "api_key") requireKeys("tenancy", "user", "fingerprint", "key_file")(entry, place);
};

const zookeeper = (): BlockType<Entry> =>
  mechanism([field("servers", list(text)), field("paths", list(text)), field("timeout", duration, 10_000)], {
    http: false,
    check: allOf(requireKeys("servers", "paths"), checkPaths),
  });

/** By YAML key. */
export const OTHER_MECHANISMS: Readonly<Record<string, BlockType<Entry>>> = {
  ...AWS_MECHANISMS,
  azure_sd_configs: mechanism(
    [
      field("environment", text, "AzurePublicCloud"),
      port(80),
      field("subscription_id", text),
      field("tenant_id", text),
      field("client_id", text),
      field("client_secret", secret),
      refresh(300),
      field("authentication_method", text, "OAuth"),
      field("resource_group", text),
    ],
    { http: true, check: allOf(requireKeys("subscription_id"), checkAzure) },
  ),
  digitalocean_sd_configs: mechanism([field("role", text, "droplets"), refresh(60), port(80)], {
    http: true,
    check: roleAmong("role", ["droplets", "databases"]),
  }),
  eureka_sd_configs: mechanism([field("server", url), refresh(30)], {
    http: true,
    check: requireKeys("server"),
  }),
  gce_sd_configs: mechanism(
    [
      field("project", text),
      field("zone", text),
      field("filter", text),
      refresh(60),
      port(80),
      field("tag_separator", text, ","),
    ],
    { http: false, check: requireKeys("project", "zone") },
  ),
  hetzner_sd_configs: mechanism([refresh(60), port(80), field("role", text), field("label_selector", text)], {
    http: true,
    check: roleAmong("role", ["robot", "hcloud"]),
  }),
  ionos_sd_configs: mechanism([field("datacenter_id", text), refresh(60), port(80)], {
    http: true,
    check: requireKeys("datacenter_id"),
  }),
  kuma_sd_configs: mechanism(
    [field("server", url), refresh(15), field("fetch_timeout", duration, 120_000), field("client_id", text)],
    { http: true, check: requireKeys("server") },
  ),
  linode_sd_configs: mechanism(
    [refresh(60), port(80), field("tag_separator", text, ","), field("region", text)],
    {
      http: true,
    },
  ),
  marathon_sd_configs: mechanism(
    [
      field("servers", list(text)),
      refresh(30),
      field("auth_token", secret),
      field("auth_token_file", filePath),
    ],
    { http: true, check: allOf(requireKeys("servers"), checkMarathon) },
  ),
  nerve_sd_configs: zookeeper(),
  nomad_sd_configs: mechanism(
    [
      field("allow_stale", boolean, true),
      field("namespace", text, "default"),
      refresh(60),
      field("region", text, "global"),
      field("server", text, "http://localhost:4646"),
      field("tag_separator", text, ","),
    ],
    { http: true, check: requireKeys("server") },
  ),
  oci_sd_configs: mechanism(
    [
      field("region", text),
      field("auth", text, "api_key"),
      field("tenancy", text),
      field("user", text),
      field("fingerprint", text),
      field("key_file", filePath),
      field("key_passphrase", secret),
      field("key_passphrase_file", filePath),
      field("compartments", list(text)),
      refresh(60),
      port(80),
    ],
    {
      http: true,
      check: allOf(
        requireKeys("region"),
        checkOci,
        oneKeyOf(["key_passphrase", "key_passphrase_file"], "none is fine"),
      ),
    },
  ),
  openstack_sd_configs: mechanism(
    [
      field("identity_endpoint", text),
      field("username", text),
      field("userid", text),
      field("password", secret),
      field("project_name", text),
      field("project_id", text),
      field("domain_name", text),
      field("domain_id", text),
      field("application_credential_name", text),
      field("application_credential_id", text),
      field("application_credential_secret", secret),
      field("role", text),
      field("region", text),
      refresh(60),
      port(80),
      field("all_tenants", boolean),
      field("tls_config", tlsConfig),
      field("availability", text, "public"),
    ],
    {
      http: false,
      check: allOf(
        requireKeys("region"),
        roleAmong("role", ["hypervisor", "instance", "loadbalancer"]),
        roleAmong("availability", ["public", "admin", "internal"]),
      ),
    },
  ),
  outscale_sd_configs: mechanism(
    [
      field("region", text, "eu-west-2"),
      field("access_key", text),
      field("secret_key", secret),
      field("secret_key_file", filePath),
      field("endpoint", text),
      refresh(60),
      port(80),
    ],
    {
      http: true,
      check: allOf(requireKeys("access_key"), oneKeyOf(["secret_key", "secret_key_file"], "one is needed")),
    },
  ),
  ovhcloud_sd_configs: mechanism(
    [
      field("endpoint", text, "ovh-eu"),
      field("application_key", text),
      field("application_secret", secret),
      field("consumer_key", secret),
      refresh(60),
      field("service", text),
    ],
    {
      http: false,
      check: allOf(
        requireKeys("endpoint", "application_key", "application_secret", "consumer_key"),
        roleAmong("service", ["vps", "dedicated_server"]),
      ),
    },
  ),
  puppetdb_sd_configs: mechanism(
    [refresh(60), field("url", url), field("query", text), field("include_parameters", boolean), port(80)],
    { http: true, check: allOf(checkHttp, requireKeys("query")) },
  ),
  scaleway_sd_configs: mechanism(
    [
      field("project_id", text),
      field("api_url", text, "https://api.scaleway.com"),
      field("zone", text, "fr-par-1"),
      field("access_key", text),
      field("secret_key", secret),
      field("secret_key_file", filePath),
      field("name_filter", text),
      field("tags_filter", list(text)),
      refresh(60),
      port(80),
      field("role", text),
    ],
    {
      http: true,
      check: allOf(
        requireKeys("project_id", "access_key"),
        roleAmong("role", ["instance", "baremetal"]),
        oneKeyOf(["secret_key", "secret_key_file"], "one is needed"),
      ),
    },
  ),
  serverset_sd_configs: zookeeper(),
  stackit_sd_configs: mechanism(
    [
      field("project", text),
      field("region", text, "eu01"),
      field("service_account_key", secret),
      field("service_account_key_path", filePath),
      field("private_key", secret),
      field("private_key_path", filePath),
      field("credentials_file_path", filePath),
      field("endpoint", text),
      refresh(60),
      port(80),
    ],
    { http: true, check: requireKeys("project") },
  ),
  triton_sd_configs: mechanism(
    [
      field("account", text),
      field("role", text, "container"),
      field("dns_suffix", text),
      field("endpoint", text),
      field("groups", list(text)),
      port(9163),
      refresh(60),
      field("tls_config", tlsConfig),
      field("version", integer, 1),
    ],
    {
      http: false,
      check: allOf(requireKeys("account", "dns_suffix", "endpoint"), roleAmong("role", ["container", "cn"])),
    },
  ),
  uyuni_sd_configs: mechanism(
    [
      field("server", url),
      field("username", text),
      field("password", secret),
      field("entitlement", text, "monitoring_entitled"),
      field("separator", text, ","),
      refresh(60),
    ],
    { http: true, check: requireKeys("server", "username", "password") },
  ),
  vultr_sd_configs: mechanism([refresh(60), port(80)], { http: true }),
};
