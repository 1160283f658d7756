import { posix } from "node:path";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { sendRedirect, sendText, sendTextError } from "./send.ts";

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
}

const ALL_METHODS = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"] as const;
const BAD_ESCAPE = /%(?![0-9a-fA-F]{2})/;
const UNCLEAN = /\/\.{0,2}\/|\/\.{1,2}$/;
const API_PATH = /^\/api\/v1(?:\/|$)/;

/**
 * Adds a path with its methods; the others are told which there are. OPTIONS is answered here but for paths of the API,
 * which have it in common. Source: spec API-5.
 */
export function addRoute(app: FastifyInstance, spec: RouteSpec): void {
  const { path, label, methods, bodyBytesMax } = spec;
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
    handler: notAllowed,
  });
  if (API_PATH.test(label)) return;
  app.route({
    method: "OPTIONS",
    url: path,
    config: { label },
    handler: (_request, reply) => reply.header("Allow", allowed).code(200).send(),
  });
}

/** A URL's path and, with its question mark, its query string. */
export function splitUrl(url: string): { readonly path: string; readonly query: string } {
  const mark = url.indexOf("?");
  return mark === -1 ? { path: url, query: "" } : { path: url.slice(0, mark), query: url.slice(mark) };
}

/**
 * Sends paths with doubled slashes or dots to the clean path and refuses bad escapes, before any route is looked for, as
 * Go's server does.
 */
export function redirectUncleanPaths(app: FastifyInstance): void {
  app.addHook("onRequest", (request, reply, done) => {
    const { path, query } = splitUrl(request.originalUrl);
    if (BAD_ESCAPE.test(path)) sendText(reply, 400, "400 Bad Request");
    else if (UNCLEAN.test(path)) sendRedirect(reply, 301, posix.normalize(path) + query);
    else done();
  });
}

/**
 * Answers paths that no route has: the API's root gets and paths of routes lose the slash at the end as in Prometheus
 * (which forgets the API's prefix doing so), all else is 404.
 */
export function answerUnknown(prefix: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { path, query } = splitUrl(request.originalUrl);
  const local = path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : undefined;
  if (local === undefined) return answerOutside(prefix, path, reply);
  if (local === "/api/v1") return sendRedirect(reply, 301, `${path}/${query}`);
  const bare = path.replace(/\/$/, "");
  if (bare !== path && isRoute(request.server, bare)) {
    const target = API_PATH.test(local) ? bare.slice(prefix.length).replace(API_PATH, "/") : bare;
    return sendRedirect(reply, 301, target + query);
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
