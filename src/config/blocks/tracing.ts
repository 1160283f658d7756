import { block, field, type BlockType, type Type } from "../schema.ts";
import type { TracingConfig } from "../server-types.ts";
import { boolean, duration, float, map, text } from "../values.ts";
import { tlsConfig } from "./http-client.ts";

/** `tracing` (spec CFG-98). */
export const TRACING: BlockType<TracingConfig> = block({
  fields: {
    clientType: field("client_type", text as Type<TracingConfig["clientType"]>, "grpc"),
    endpoint: field("endpoint", text),
    samplingFraction: field("sampling_fraction", float),
    insecure: field("insecure", boolean),
    tlsConfig: field("tls_config", tlsConfig),
    headers: field("headers", map(text)),
    compression: field("compression", text),
    timeoutMs: field("timeout", duration),
  },
  finish(raw: TracingConfig, place): TracingConfig {
    const { clientType, compression } = raw;
    if (clientType !== "http" && clientType !== "grpc") {
      const message = `expected tracing client type to be to be http or grpc, but got ${clientType as string}`;
      place.report("client_type", message);
    }
    if (raw.endpoint === "") place.report("endpoint", "tracing endpoint must be set");
    if (compression !== "" && compression !== "gzip") {
      place.report("compression", `invalid compression type ${compression} provided, valid options: gzip`);
    }
    if (Object.keys(raw.headers).some((name) => name.toLowerCase() === "authorization")) {
      place.report("headers", "an authorization header cannot be set for tracing");
    }
    return raw;
  },
});
