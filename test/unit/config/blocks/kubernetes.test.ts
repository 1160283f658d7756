import { describe, expect, test } from "vitest";
import { problemsOf } from "../loading.ts";

function check(entry: string): string[] {
  const text = `scrape_configs:\n- job_name: a\n  kubernetes_sd_configs: [{${entry}}]\n`;
  return problemsOf(text).map((problem) =>
    problem.replace(/^.*?_configs\[0\](?:\.[a-z_]+(?:\[\d\])?)*: /, ""),
  );
}

describe("kubernetes entries", () => {
  test.each([
    ["role: pod", []],
    ["role: pod, namespaces: {own_namespace: true}", []],
    ["role: pod, api_server: 'https://k/', tls_config: {insecure_skip_verify: true}", []],
    [
      "role: endpoints, selectors: [{role: service, label: 'a in (b, c),!d'}, {role: endpoints, field: 'metadata.name=x'}]",
      [],
    ],
    ["role: pod, selectors: [{role: pod, label: 'app=web,tier!=x,n>1,has/this'}]", []],
    [
      "role: pods",
      [
        'unknown Kubernetes SD role "pods", expected one of pod, service, endpoints, endpointslice, node, ingress',
      ],
    ],
    ["role: node, selectors: [{role: pod}]", ["node role supports only node selectors"]],
    ["role: pod, selectors: [{role: pod}, {role: pod}]", ["duplicated selector role: pod"]],
    ["role: pod, selectors: [{role: pod, label: '=x'}]", ['"=x" is not a label selector']],
    ["role: pod, selectors: [{role: pod, field: 'a'}]", ['"a" is not a field selector']],
    [
      "role: pod, api_server: 'http://k/', kubeconfig_file: f",
      ["cannot use 'kubeconfig_file' and 'api_server' simultaneously"],
    ],
    [
      "role: pod, kubeconfig_file: f, follow_redirects: false",
      ["cannot use a custom HTTP client configuration together with 'kubeconfig_file'"],
    ],
    [
      "role: pod, follow_redirects: false",
      ["to use custom HTTP client configuration please provide the 'api_server' URL explicitly"],
    ],
    [
      "role: pod, api_server: 'http://k/', namespaces: {own_namespace: true}",
      ["cannot use 'api_server' and 'namespaces.own_namespace' simultaneously"],
    ],
    [
      "role: pod, kubeconfig_file: f, namespaces: {own_namespace: true}",
      ["cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously"],
    ],
  ])("%s", (entry, expected) => {
    expect(check(entry)).toEqual(expected);
  });
});
