import type { FastifyReply, FastifyRequest } from "fastify";
import { errorText } from "../base/index.ts";
import { whenReady, whenSameOrigin, type ApiContext } from "./context.ts";
import { corsHeaders } from "./cors.ts";
import type { ApiParts, ApiSettings } from "./dependencies.ts";
import type { ApiAnswer, ApiCall, ApiEndpoint } from "./endpoint.ts";
import { errorReply } from "./errors.ts";
import { parseForm } from "./form.ts";
import { listJson, textJson } from "./json.ts";
import { addRoute, splitUrl, type RouteHandler } from "./router.ts";
import { API_ROUTES, type ApiRoute } from "./routes/table.ts";
import { sendBody } from "./send.ts";

/** Path of the JSON API below the route prefix. */
export const API_PREFIX = "/api/v1";

const LABEL_PATH = /\/label\/([^/]+)\/values$/;

type OpenCors = (request: FastifyRequest, reply: FastifyReply, changesState: boolean) => void;

/** The JSON endpoints of the table, and OPTIONS for every path. Source: spec API-1 to API-9. */
export function addJsonRoutes(context: ApiContext): void {
  const { app, settings, prefix } = context;
  const cors = corsHeaders(settings.corsOrigin);
  const openCors: OpenCors = (request, reply, changesState) => {
    const origin = changesState ? undefined : request.headers.origin;
    for (const [name, value] of cors(origin)) reply.header(name, value);
  };
  for (const route of API_ROUTES) {
    const methods = Object.entries(route.methods).map(([method, endpoint]) => {
      const handle = jsonHandler(context, route, endpoint, openCors);
      return [method, route.changesState === true ? whenSameOrigin(handle) : handle] as const;
    });
    addRoute(app, {
      path: `${prefix}${API_PREFIX}${route.path}`,
      label: `${API_PREFIX}${route.path}`,
      methods,
    });
  }
  app.route({
    method: "OPTIONS",
    url: `${prefix}${API_PREFIX}/*`,
    config: { label: `${API_PREFIX}/*path` },
    handler: whenReady(context, (_parts, request, reply) => {
      openCors(request, reply, false);
      return reply.code(204).send();
    }),
  });
}

function jsonHandler(
  context: ApiContext,
  route: ApiRoute,
  endpoint: ApiEndpoint,
  openCors: OpenCors,
): RouteHandler {
  const { settings } = context;
  return whenReady(context, async (parts, request, reply) => {
    openCors(request, reply, route.changesState === true);
    reply.header("Cache-Control", "no-store"); // SEC-14
    reply.header("X-Content-Type-Options", "nosniff");
    try {
      return await sendAnswer(request, reply, await endpoint(callOf(settings, parts, request, reply)));
    } catch (error) {
      const { status, body, expected } = errorReply(error);
      if (!expected) {
        settings.logger.error("request failed", { path: route.path, err: errorText(error) });
      }
      return sendBody(request, reply.code(status).header("Content-Type", "application/json"), body);
    }
  });
}

function callOf(
  settings: ApiSettings,
  parts: ApiParts,
  request: FastifyRequest,
  reply: FastifyReply,
): ApiCall {
  const { path, query } = splitUrl(request.originalUrl);
  const queryText = query.slice(1);
  const bodyText = formBody(request);
  const urlForm = parseForm(queryText);
  return {
    settings,
    parts,
    urlForm,
    form: bodyText === "" ? urlForm : parseForm(bodyText, queryText),
    pathSegment: LABEL_PATH.exec(path)?.[1] ?? "",
    signal: () => abortSignal(reply),
  };
}

// Bodies of other kinds hold no parameters (API-6).
function formBody(request: FastifyRequest): string {
  const type = request.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") return "";
  return Buffer.isBuffer(request.body) ? request.body.toString("utf8") : "";
}

/** Aborted when the client goes away before it has the whole answer. */
export function abortSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** Sends what an endpoint answered in the envelope of API-2. */
export function sendAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: ApiAnswer,
): Promise<FastifyReply> | FastifyReply {
  if (answer.kind === "empty") return reply.code(204).send();
  reply.header("Content-Type", "application/json");
  const head = '{"status":"success","data":';
  if (answer.kind === "encoded") {
    const tail = `${annotationsJson(answer.warnings, answer.infos)}}`;
    return sendBody(request, reply, { head, data: answer.data, tail });
  }
  return sendBody(request, reply, `${head}${answer.json}${annotationsJson(answer.warnings ?? [], [])}}`);
}

function annotationsJson(warnings: readonly string[], infos: readonly string[]): string {
  const warningsJson = warnings.length === 0 ? "" : `,"warnings":${listJson(warnings, textJson)}`;
  return infos.length === 0 ? warningsJson : `${warningsJson},"infos":${listJson(infos, textJson)}`;
}
