import { goQuote } from "../../model/index.ts";
import { block, field, inline, shownField, type BlockPlace, type BlockType, type Type } from "../schema.ts";
import type {
  HttpClientConfig,
  KubernetesAttached,
  KubernetesRole,
  KubernetesSdConfig,
  KubernetesSelector,
} from "../types.ts";
import { boolean, filePath, list, optional, text, url } from "../values.ts";
import { HTTP_CLIENT } from "./http-client.ts";

// Spec SD-29, SD-30.

const role = text as Type<KubernetesRole>; // Checked with the block, in other words.

/** Role, and the roles that its selectors may name. */
const SELECTOR_ROLES: Readonly<Record<string, readonly string[]>> = {
  pod: ["pod", "node"],
  service: ["service"],
  endpoints: ["pod", "service", "endpoints"],
  endpointslice: ["pod", "service", "endpointslice"],
  node: ["node"],
  ingress: ["ingress"],
};

const SELECTOR: BlockType<KubernetesSelector> = block({
  fields: { role: field("role", role), label: field("label", text), field: field("field", text) },
  finish(raw: KubernetesSelector, place): KubernetesSelector {
    if (!isLabelSelector(raw.label)) place.report("label", `${goQuote(raw.label)} is not a label selector`);
    if (!isFieldSelector(raw.field)) place.report("field", `${goQuote(raw.field)} is not a field selector`);
    return raw;
  },
});

type Namespaces = NonNullable<KubernetesSdConfig["namespaces"]>;

const NAMESPACES: BlockType<Namespaces> = block({
  fields: {
    ownNamespace: shownField("own_namespace", boolean),
    names: field("names", list(text)),
  },
  finish: (raw: Namespaces): Namespaces => raw,
});

const ATTACHED: BlockType<KubernetesAttached> = block({
  fields: {
    node: field("node", boolean),
    namespace: field("namespace", boolean),
    deployment: field("deployment", boolean),
    job: field("job", boolean),
    cronjob: field("cronjob", boolean),
  },
  finish: (raw: KubernetesAttached): KubernetesAttached => raw,
});

export const KUBERNETES: BlockType<KubernetesSdConfig> = block({
  fields: {
    httpClient: inline(HTTP_CLIENT),
    apiServer: field("api_server", url),
    role: field("role", role),
    kubeconfigFile: shownField("kubeconfig_file", filePath),
    namespaces: field("namespaces", optional(NAMESPACES)),
    selectors: field("selectors", list(SELECTOR)),
    attachMetadata: field("attach_metadata", optional(ATTACHED)),
  },
  finish: checkKubernetes,
});

function checkKubernetes(raw: KubernetesSdConfig, place: BlockPlace): KubernetesSdConfig {
  const written: string = raw.role;
  if (written === "") {
    place.report("role", "role missing (one of: pod, service, endpoints, endpointslice, node, ingress)");
  } else if (SELECTOR_ROLES[written] === undefined) {
    const roles = Object.keys(SELECTOR_ROLES).join(", ");
    place.report("role", `unknown Kubernetes SD role ${goQuote(written)}, expected one of ${roles}`);
  } else checkSelectors(written, raw.selectors, place);
  const hasServer = raw.apiServer !== "";
  const hasFile = raw.kubeconfigFile !== "";
  const customClient = differsFromDefault(raw.httpClient);
  if (hasFile && hasServer) {
    place.report("kubeconfig_file", "cannot use 'kubeconfig_file' and 'api_server' simultaneously");
  }
  if (hasFile && customClient) {
    place.report(
      "kubeconfig_file",
      "cannot use a custom HTTP client configuration together with 'kubeconfig_file'",
    );
  } else if (!hasServer && customClient) {
    place.report(
      "role",
      "to use custom HTTP client configuration please provide the 'api_server' URL explicitly",
    );
  }
  const ownNamespace = raw.namespaces?.ownNamespace === true;
  if (ownNamespace && hasServer) {
    place.report("namespaces", "cannot use 'api_server' and 'namespaces.own_namespace' simultaneously");
  }
  if (ownNamespace && hasFile) {
    place.report("namespaces", "cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously");
  }
  return raw;
}

function checkSelectors(role: string, selectors: readonly KubernetesSelector[], place: BlockPlace): void {
  const allowed = SELECTOR_ROLES[role]!;
  const seen = new Set<string>();
  for (const selector of selectors) {
    if (!allowed.includes(selector.role)) {
      place.report("selectors", `${role} role supports only ${allowed.join(", ")} selectors`);
    } else if (seen.has(selector.role)) {
      place.report("selectors", `duplicated selector role: ${selector.role}`);
    }
    seen.add(selector.role);
  }
}

function differsFromDefault(client: HttpClientConfig): boolean {
  return JSON.stringify(client) !== JSON.stringify(HTTP_CLIENT.zero);
}

// `a=b,c!=d`, where a backslash takes away the meaning of what follows.
function isFieldSelector(selector: string): boolean {
  if (selector === "") return true;
  return selector
    .replaceAll(/\\./gs, "")
    .split(",")
    .every((term) => term === "" || /^[^=!]+(?:==?|!=)[^=!]*$/.test(term));
}

// Equality (`a=b`, `a!=b`), presence (`a`, `!a`), sets (`a in (b, c)`, `a notin (b)`) and order (`a>1`).
function isLabelSelector(selector: string): boolean {
  const withoutSets = selector.replaceAll(/\s(?:in|notin)\s*\([^()]*\)/g, "");
  return withoutSets
    .split(",")
    .every((term) => /^\s*(?:!?\s*[\w./-]+|[\w./-]+\s*(?:==?|!=|[<>])\s*[\w.-]*)?\s*$/.test(term));
}
