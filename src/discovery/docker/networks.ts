import { putMeta } from "../meta-label.ts";
import type { DockerApi } from "./api.ts";

interface Network {
  readonly Id: string;
  readonly Name: string;
  readonly Scope?: string;
  readonly Internal?: boolean;
  readonly Ingress?: boolean;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

/** Meta labels of each network, by its id; `prefix` such as `__meta_docker_` (SD-25, SD-28). */
export async function networkLabels(
  api: DockerApi,
  prefix: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const networks = await api.list<Network>("/networks", { signal });
  return new Map(
    networks.map((network) => {
      const labels: Record<string, string> = {
        [`${prefix}network_id`]: network.Id,
        [`${prefix}network_name`]: network.Name,
        [`${prefix}network_scope`]: network.Scope ?? "",
        [`${prefix}network_internal`]: String(network.Internal ?? false),
        [`${prefix}network_ingress`]: String(network.Ingress ?? false),
      };
      putMeta(labels, `${prefix}network_label_`, network.Labels);
      return [network.Id, labels] as const;
    }),
  );
}
