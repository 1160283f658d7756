import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { sendRedirect, sendTextError } from "./send.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the HTTP metrics call the route (CLI-124). */
    label?: string;
  }
}

export type RouteHandler = (
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<FastifyReply> | FastifyReply;

export interface RouteSpec {
  readonly path: string; // With the prefix.
  readonly label: string;
  readonly methods: readonly (readonly [method: string, handle: RouteHandler])[];
  /** Longest body taken; by default that of forms. */
  readonly bodyBytesMax?: number;
  /** What other methods get; by default the 405 of API-5. */
  readonly otherwise?: RouteHandler;
}

const ALL_METHODS = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"] as const;
const API_PATH = /^\/api\/v1(?:\/|$)/;

/** Adds a path with its methods; the others are told which there are. Source: spec API-5. */
export function addRoute(app: FastifyInstance, spec: RouteSpec): void {
  const { path, label, methods, otherwise, bodyBytesMax } = spec;
  const names = methods.map(([method]) => method);
  const allowed = [...names, "OPTIONS"].toSorted().join(", ");
  const limit = bodyBytesMax === undefined ? {} : { bodyLimit: bodyBytesMax };
  for (const [method, handler] of methods) {
    app.route({ method, url: path, config: { label }, handler, ...limit });
  }
  const notAllowed: RouteHandler = (_request, reply) => {
    reply.header("Allow", allowed);
    return sendTextError(reply, 405, "Method Not Allowed");
  };
  app.route({
    method: ALL_METHODS.filter((method) => !names.includes(method)),
    url: path,
    config: { label },
    handler: otherwise ?? notAllowed,
  });
}

/** A URL's path and, with its question mark, its query string. */
export function splitUrl(url: string): { readonly path: string; readonly query: string } {
  const mark = url.indexOf("?");
  return mark === -1 ? { path: url, query: "" } : { path: url.slice(0, mark), query: url.slice(mark) };
}

/** Sends paths with doubled slashes to the clean path, before any route is looked for, as Go's server does. */
export function redirectDoubledSlashes(app: FastifyInstance): void {
  app.addHook("onRequest", (request, reply, done) => {
    const { path, query } = splitUrl(request.originalUrl);
    if (path.includes("//")) sendRedirect(reply, 301, path.replace(/\/{2,}/g, "/") + query);
    else done();
  });
}

/**
 * Answers paths that no route has: the API's root and API paths get or lose the slash at the end as in
 * Prometheus (which forgets the API's prefix doing so), all else is 404.
 */
export function answerUnknown(prefix: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { path, query } = splitUrl(request.originalUrl);
  const local = path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : undefined;
  if (local === undefined) return answerOutside(prefix, path, reply);
  if (API_PATH.test(local)) {
    if (local === "/api/v1") return sendRedirect(reply, 301, `${path}/${query}`);
    const bare = path.replace(/\/$/, "");
    if (local !== "/api/v1/" && bare !== path && isRoute(request.server, bare)) {
      return sendRedirect(reply, 301, bare.slice(prefix.length).replace(API_PATH, "/") + query);
    }
  }
  return sendTextError(reply, 404, "404 page not found");
}

// With a prefix, the root leads there (API-79).
function answerOutside(prefix: string, path: string, reply: FastifyReply): FastifyReply {
  if (path === "/") return sendRedirect(reply, 302, prefix);
  if (path === prefix) return sendRedirect(reply, 301, `${prefix}/`);
  return sendTextError(reply, 404, "404 page not found");
}

function isRoute(app: FastifyInstance, path: string): boolean {
  return app.hasRoute({ method: "GET", url: path });
}
