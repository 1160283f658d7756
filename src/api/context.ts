import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { isCrossOrigin } from "./cors.ts";
import type { ApiParts, ApiSettings } from "./dependencies.ts";
import type { ServerMetrics } from "./metrics/server-metrics.ts";
import type { RouteHandler } from "./router.ts";
import { sendText, sendTextError } from "./send.ts";

/** What the routes share. */
export interface ApiContext {
  readonly app: FastifyInstance;
  readonly settings: ApiSettings;
  readonly metrics: ServerMetrics;
  readonly state: ApiState;
  /** Path prefix of all routes, "" for none. */
  readonly prefix: string;
}

/** Where the server is in its life. `parts` are there from the moment it is ready. */
export interface ApiState {
  phase: "starting" | "ready" | "stopping";
  phaseSinceMs: number;
  parts: ApiParts | undefined;
}

/** A handler that needs the parts which serve data. */
export type ReadyHandler = (
  parts: ApiParts,
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<FastifyReply> | FastifyReply;

/** Makes `handle` answer 503 while there are no data to serve. Source: spec API-11. */
export function whenReady({ state }: ApiContext, handle: ReadyHandler): RouteHandler {
  return (request, reply) => {
    if (state.phase === "ready" && state.parts !== undefined) return handle(state.parts, request, reply);
    reply.header("X-Prometheus-Stopping", String(state.phase === "stopping"));
    return sendText(reply, 503, "Service Unavailable");
  };
}

/** Makes `handle` refuse what a page of another origin asks for. Source: spec SEC-5. */
export function whenSameOrigin(handle: RouteHandler): RouteHandler {
  return (request, reply) => {
    if (!isCrossOrigin(request.headers)) return handle(request, reply);
    return sendTextError(reply, 403, "pages of another origin may not change anything here");
  };
}
