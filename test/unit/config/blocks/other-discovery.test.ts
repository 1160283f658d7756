import { describe, expect, test } from "vitest";
import { discoveryMechanisms } from "../../../../src/config/index.ts";
import { jobOf, problemsOf } from "../loading.ts";

/** The messages about one entry, without the place. */
function check(mechanism: string, entry: string): string[] {
  const text = `scrape_configs:\n- job_name: a\n  ${mechanism}_sd_configs: [{${entry}}]\n`;
  return problemsOf(text).map((problem) =>
    problem.replace(/^.*?_sd_configs\[0\](?:\.[a-z_]+(?:\[\d\])?)*: /, ""),
  );
}

describe("entries that are fine", () => {
  test.each([
    ["aws", "role: ec2, region: r"],
    ["azure", "subscription_id: a, authentication_method: ManagedIdentity"],
    ["azure", "subscription_id: a, tenant_id: b, client_id: c, client_secret: d"],
    ["consul", ""],
    ["consul", "token: t, basic_auth: {username: u}"],
    ["digitalocean", "role: databases"],
    ["ecs", "clusters: [c], request_concurrency: 5"],
    ["elasticache", "region: r"],
    ["eureka", "server: 'http://e/'"],
    ["file", "files: [a.yml], refresh_interval: 0s"],
    ["gce", "project: p, zone: z"],
    ["hetzner", "role: hcloud"],
    ["ionos", "datacenter_id: d"],
    ["kuma", "server: 'http://k/'"],
    ["lightsail", "profile: p"],
    ["linode", "region: r"],
    ["marathon", "servers: [s], auth_token: t"],
    ["msk", "clusters: [c]"],
    ["nerve", "servers: [s], paths: [/a]"],
    ["nomad", "namespace: n"],
    ["oci", "region: r, auth: instance_principal"],
    ["openstack", "role: instance, region: r"],
    ["outscale", "access_key: a, secret_key_file: f"],
    ["ovhcloud", "application_key: a, application_secret: b, consumer_key: c, service: vps"],
    ["puppetdb", "url: 'http://p/', query: q"],
    ["rds", "filters: []"],
    ["scaleway", "role: baremetal, project_id: p, access_key: a, secret_key: s"],
    ["serverset", "servers: [s], paths: [/a]"],
    ["stackit", "project: p"],
    ["triton", "account: a, dns_suffix: d, endpoint: e"],
    ["uyuni", "server: 'http://u/', username: u, password: p"],
    ["vultr", "authorization: {credentials: t}"],
  ])("%s with %s", (mechanism, entry) => {
    expect(check(mechanism, entry)).toEqual([]);
  });
});

describe("entries that are refused", () => {
  test.each([
    ["aws", "region: r", "role missing (one of: ec2, ecs, elasticache, lightsail, msk, rds)"],
    ["aws", "role: s3", 'unknown role "s3", expected one of ec2, ecs, elasticache, lightsail, msk, rds'],
    ["azure", "authentication_method: SDK", "subscription_id is required"],
    ["azure", "subscription_id: a, tenant_id: b, client_id: c", "client_secret is required"],
    [
      "azure",
      "subscription_id: a, authentication_method: Magic",
      'unknown authentication_method "Magic", expected one of OAuth, ManagedIdentity, SDK, WorkloadIdentity',
    ],
    [
      "consul",
      "token: t, authorization: {credentials: c}",
      "at most one of token, authorization and oauth2 can be given",
    ],
    ["http", "url: 'http:///x'", "host is missing in URL"],
    [
      "marathon",
      "servers: [s], auth_token: t, auth_token_file: f",
      "only one of auth_token, auth_token_file can be given",
    ],
    [
      "marathon",
      "servers: [s], auth_token: t, basic_auth: {username: u}",
      "auth_token cannot be given together with basic_auth",
    ],
    ["nerve", "servers: [s], paths: [a]", 'path "a" must start with /'],
    ["oci", "region: r, auth: api_key, tenancy: t, user: u, fingerprint: f", "key_file is required"],
    ["outscale", "access_key: a", "one of secret_key, secret_key_file is required"],
    [
      "outscale",
      "access_key: a, secret_key: s, secret_key_file: f",
      "only one of secret_key, secret_key_file can be given",
    ],
    [
      "ec2",
      "filters: [{name: n, values: []}]",
      'EC2 SD configuration filter values cannot be empty, see "n"',
    ],
    ["linode", "refresh_interval: 0s", "refresh_interval must be greater than 0"],
    ["vultr", "regoin: r", "unknown field"],
  ])("%s with %s", (mechanism, entry, expected) => {
    expect(check(mechanism, entry)).toEqual([expected]);
  });
});

test("every mechanism is kept under its key with its defaults", () => {
  const text = "scrape_configs:\n- job_name: a\n  nomad_sd_configs: [{namespace: n}]\n";
  const { discovery } = jobOf(text);
  expect(discovery.inactive).toEqual(["nomad_sd_configs"]);
  expect(discovery.other?.["nomad_sd_configs"]).toMatchObject([
    { namespace: "n", region: "global", server: "http://localhost:4646", refresh_interval: 60_000 },
  ]);
});

test("there are as many mechanisms as in the newest release, static targets included", () => {
  expect(Object.keys(discoveryMechanisms())).toHaveLength(37);
});
