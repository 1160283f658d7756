import { describe, expect, test } from "vitest";
import { configOf, problemsOf } from "../loading.ts";

function check(list: string, entry: string): string[] {
  return problemsOf(`${list}: [{${entry}}]\n`).map((problem) =>
    problem.replace(/^prometheus.yml:1:\d+: /, ""),
  );
}

describe("remote storage", () => {
  test.each([
    ["remote_write", "url: x, azuread: {oauth: {client_id: a, client_secret: b, tenant_id: c}}", []],
    ["remote_write", "url: x, google_iam: {credentials_file: f}", []],
    ["remote_write", "url: ''", []],
    ["remote_write", "url: ~", ["remote_write[0].url: url for remote_write is empty"]],
    [
      "remote_write",
      "url: x, azuread: {}",
      [
        "remote_write[0].azuread: one of managed_identity, workload_identity, oauth, sdk, certificate is required",
      ],
    ],
    [
      "remote_write",
      "url: x, azuread: {cloud: Moon, sdk: {tenant_id: a}}",
      [
        'remote_write[0].azuread.cloud: unknown cloud "Moon", expected one of AzurePublic, AzureChina, AzureGovernment',
      ],
    ],
    [
      "remote_write",
      "url: x, azuread: {sdk: {tenant_id: a}, oauth: {client_id: a}}",
      [
        "remote_write[0].azuread.sdk: only one of managed_identity, workload_identity, oauth, sdk, certificate can be given",
      ],
    ],
    [
      "remote_write",
      "url: x, queue_config: {capacity: 0, max_samples_per_send: 0}",
      [
        "remote_write[0].queue_config.capacity: remote write queue capacity must be greater than 0",
        "remote_write[0].queue_config.max_samples_per_send: remote write queue max_samples_per_send must be greater than 0",
      ],
    ],
    [
      "remote_read",
      "url: x, headers: {Host: a}",
      ["remote_read[0].headers: Host is a reserved header. It must not be changed"],
    ],
    [
      "remote_read",
      "url: x, headers: {authorization: a}",
      [
        "remote_read[0].headers: authorization header must be changed via the basic_auth, authorization, oauth2, or sigv4 parameter",
      ],
    ],
  ])("%s with %s", (list, entry, expected) => {
    expect(check(list, entry)).toEqual(expected);
  });

  test("writes do not use HTTP/2 unless told to", () => {
    const { remoteWrite, remoteRead } = configOf(
      "remote_write: [{url: x}, {url: y, enable_http2: true}]\nremote_read: [{url: x}]",
    );
    expect(remoteWrite.map(({ httpClient }) => httpClient.enableHttp2)).toEqual([false, true]);
    expect(remoteRead[0]!.httpClient.enableHttp2).toBe(true);
  });
});
