import { goQuote } from "../../model/index.ts";
import { block, field, shownField, type BlockPlace, type BlockType } from "../schema.ts";
import type { HttpClientConfig } from "../types.ts";
import { boolean, filePath, list, optional, text, url } from "../values.ts";
import { mechanism, type Entry } from "./mechanism.ts";
import { HTTP_CLIENT } from "./http-client.ts";

// Spec SD-29, SD-30.

/** Role, and the roles that its selectors may name. */
const SELECTOR_ROLES: Readonly<Record<string, readonly string[]>> = {
  pod: ["pod", "node"],
  service: ["service"],
  endpoints: ["pod", "service", "endpoints"],
  endpointslice: ["pod", "service", "endpointslice"],
  node: ["node"],
  ingress: ["ingress"],
};

interface Selector {
  readonly role: string;
  readonly label: string;
  readonly field: string;
}

interface Namespaces {
  readonly ownNamespace: boolean;
  readonly names: readonly string[];
}

const SELECTOR: BlockType<Selector> = block({
  fields: { role: field("role", text), label: field("label", text), field: field("field", text) },
  finish(raw: Selector, place): Selector {
    if (!isLabelSelector(raw.label)) place.report("label", `${goQuote(raw.label)} is not a label selector`);
    if (!isFieldSelector(raw.field)) place.report("field", `${goQuote(raw.field)} is not a field selector`);
    return raw;
  },
});

const NAMESPACES: BlockType<Namespaces> = block({
  fields: {
    ownNamespace: shownField("own_namespace", boolean),
    names: field("names", list(text)),
  },
  finish: (raw: Namespaces): Namespaces => raw,
});

const ATTACHED = mechanism(
  ["node", "namespace", "deployment", "job", "cronjob"].map((key) => field(key, boolean)),
  { http: false },
);

export const KUBERNETES: BlockType<Entry> = mechanism(
  [
    field("api_server", url),
    field("role", text),
    shownField("kubeconfig_file", filePath),
    field("namespaces", optional(NAMESPACES)),
    field("selectors", list(SELECTOR)),
    field("attach_metadata", optional(ATTACHED)),
  ],
  { http: true, check: checkKubernetes },
);

function checkKubernetes(entry: Entry, place: BlockPlace): void {
  const role = entry["role"] as string;
  if (role === "") {
    place.report("role", "role missing (one of: pod, service, endpoints, endpointslice, node, ingress)");
  } else if (SELECTOR_ROLES[role] === undefined) {
    const roles = Object.keys(SELECTOR_ROLES).join(", ");
    place.report("role", `unknown Kubernetes SD role ${goQuote(role)}, expected one of ${roles}`);
  } else checkSelectors(role, entry["selectors"] as readonly Selector[], place);
  const hasServer = entry["api_server"] !== "";
  const hasFile = entry["kubeconfig_file"] !== "";
  const customClient = differsFromDefault(entry["httpClient"] as HttpClientConfig);
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
  const ownNamespace = (entry["namespaces"] as Namespaces | undefined)?.ownNamespace === true;
  if (ownNamespace && hasServer) {
    place.report("namespaces", "cannot use 'api_server' and 'namespaces.own_namespace' simultaneously");
  }
  if (ownNamespace && hasFile) {
    place.report("namespaces", "cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously");
  }
}

function checkSelectors(role: string, selectors: readonly Selector[], place: BlockPlace): void {
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
