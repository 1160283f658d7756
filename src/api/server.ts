import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type LightMyRequestResponse,
  type InjectOptions,
} from "fastify";
import { errorText, NarthexError } from "../base/index.ts";
import type { ApiContext, ApiState } from "./context.ts";
import type { ApiParts, ApiSettings } from "./dependencies.ts";
import { addJsonRoutes } from "./json-routes.ts";
import { openListeners, type Listeners } from "./listen.ts";
import { HttpMetrics } from "./metrics/http-metrics.ts";
import type { ServerMetrics } from "./metrics/server-metrics.ts";
import { answerUnknown, redirectUncleanPaths, splitUrl } from "./router.ts";
import { addFederateRoute } from "./routes/federate.ts";
import { addManagementRoutes } from "./routes/management.ts";
import { addNotificationRoutes } from "./routes/notifications.ts";
import { addPageRoutes } from "./routes/pages.ts";
import { addReadRoute } from "./routes/read.ts";
import { addWriteRoute } from "./routes/write.ts";
import { sendTextError } from "./send.ts";

const FORM_BYTES_MAX = 10 * 1024 * 1024;
const NAME_BYTES_MAX = 8192; // Of a label name in a path.

/** The HTTP side of the server. */
export interface ApiServer {
  /**
   * Starts to listen; until `serve` all but health, metrics and pages answer 503. Resolves with the addresses, in
   * which port 0 has become the chosen port.
   * @throws ListenError
   */
  listen(): Promise<readonly string[]>;
  /** The data are there: answers everything from now on. */
  serve(parts: ApiParts): void;
  /** Answers 503 from now on, so that load balancers look elsewhere. */
  beginStop(): void;
  /** Stops to listen, lets running requests finish for a moment, then cuts them. Idempotent. */
  close(): Promise<void>;
  /** For tests: a request without a socket. */
  readonly inject: (request: InjectOptions) => Promise<LightMyRequestResponse>;
}

/**
 * Builds the server without starting it.
 * @throws RegexError for a bad `corsOrigin`.
 */
export async function createApiServer(settings: ApiSettings, metrics: ServerMetrics): Promise<ApiServer> {
  const app = createFastify();
  const state: ApiState = { phase: "starting", phaseSinceMs: settings.startTimeMs, parts: undefined };
  const prefix = settings.routePrefix === "/" ? "" : settings.routePrefix;
  const context: ApiContext = { app, settings, metrics, state, prefix };
  new HttpMetrics(metrics.registry).observe(app);
  redirectUncleanPaths(app);
  addJsonRoutes(context);
  addNotificationRoutes(context);
  addWriteRoute(context);
  addReadRoute(context);
  addFederateRoute(context);
  addManagementRoutes(context);
  addPageRoutes(context);
  app.setNotFoundHandler((request, reply) => answerUnknown(prefix, request, reply));
  app.setErrorHandler<FastifyError>((error, _request, reply) => answerFailure(settings, error, reply));
  await app.ready();
  let listeners: Listeners | undefined;
  const enter = (phase: ApiState["phase"]): void => {
    state.phase = phase;
    state.phaseSinceMs = settings.clock.now();
  };
  return {
    inject: (request) => app.inject(request),
    listen: async () => {
      listeners = await openListeners(settings, (request, response) => app.routing(request, response));
      return listeners.addresses;
    },
    serve: (parts) => {
      state.parts = parts;
      enter("ready");
    },
    beginStop: () => enter("stopping"),
    close: async () => {
      await listeners?.close();
      await app.close();
    },
  };
}

function createFastify(): FastifyInstance {
  const app: FastifyInstance = fastify({
    logger: false,
    exposeHeadRoutes: false,
    bodyLimit: FORM_BYTES_MAX,
    return503OnClosing: false,
    forceCloseConnections: true,
    routerOptions: {
      caseSensitive: true,
      ignoreTrailingSlash: false,
      ignoreDuplicateSlashes: false,
      maxParamLength: NAME_BYTES_MAX,
      // Parameters are read by form.ts, as Go reads them.
      querystringParser: () => ({}),
    },
    rewriteUrl: (request) => routableUrl(request.url ?? "/"),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  return app;
}

/**
 * The router wants paths whose escapes are UTF-8. Others are escaped once more to get through; what looks
 * at the path takes the original URL and so can tell what is wrong with it.
 */
function routableUrl(url: string): string {
  const { path, query } = splitUrl(url);
  if (!path.includes("%")) return url;
  try {
    decodeURIComponent(path);
    return url;
  } catch {
    return path.replaceAll("%", "%25") + query;
  }
}

// What fastify itself refuses (a body too large, a path that is no UTF-8) and what a handler let through.
function answerFailure(settings: ApiSettings, error: FastifyError, reply: FastifyReply): FastifyReply {
  const status = error instanceof NarthexError ? 500 : (error.statusCode ?? 500);
  // What is given up because nobody waits for it any more is no failure.
  if (status >= 500 && !reply.raw.destroyed) {
    settings.logger.error("request failed", { err: errorText(error) });
  }
  return sendTextError(reply, status, errorText(error));
}
