import type { FastifyReply, FastifyRequest } from "fastify";
import { errorText } from "../../base/index.ts";
import { whenReady, whenSameOrigin, type ApiContext, type ReadyHandler } from "../context.ts";
import { addRoute } from "../router.ts";
import { sendBody, sendText, sendTextError } from "../send.ts";
import { buildInfoJson } from "./status.ts";

const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

/** Health, lifecycle, own metrics and version. Source: spec API-72, API-74 to API-78. */
export function addManagementRoutes(context: ApiContext): void {
  addHealth(context);
  addLifecycle(context);
  const { app, prefix, settings, metrics } = context;
  addRoute(app, {
    path: `${prefix}/metrics`,
    label: "/metrics",
    methods: [
      [
        "GET",
        async (request, reply) => {
          reply.header("Content-Type", METRICS_TYPE);
          return sendBody(request, reply, await metrics.render());
        },
      ],
    ],
  });
  addRoute(app, {
    path: `${prefix}/version`,
    label: "/version",
    methods: [["GET", (_request, reply) => sendText(reply, 200, buildInfoJson(settings.buildInfo))]],
  });
}

function addHealth(context: ApiContext): void {
  const { app, prefix } = context;
  const ready = whenReady(context, (_parts, request, reply) =>
    sendProbe(request, reply, "Prometheus Server is Ready.\n"),
  );
  for (const [name, handle] of [
    ["healthy", answerHealthy],
    ["ready", ready],
  ] as const) {
    addRoute(app, {
      path: `${prefix}/-/${name}`,
      label: `/-/${name}`,
      methods: [
        ["GET", handle],
        ["HEAD", handle],
      ],
    });
  }
}

function addLifecycle(context: ApiContext): void {
  let isQuitting = false;
  const quit: ReadyHandler = ({ control }, _request, reply) => {
    if (isQuitting) return sendText(reply, 200, "Termination already in progress.");
    isQuitting = true;
    // The answer goes out first; what `quit` begins closes this very connection.
    reply.raw.once("finish", () => control.quit());
    return sendText(reply, 200, "Requesting termination... Goodbye!");
  };
  addLifecycleRoute(context, "reload", reload);
  addLifecycleRoute(context, "quit", quit);
}

const reload: ReadyHandler = async ({ control }, _request, reply) => {
  try {
    await control.reload();
  } catch (error) {
    return sendTextError(reply, 500, `failed to reload config: ${errorText(error)}`);
  }
  return reply.code(200).send();
};

function answerDisabled(_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendText(reply, 403, "Lifecycle API is not enabled.");
}

function answerHealthy(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendProbe(request, reply, "Prometheus Server is Healthy.\n");
}

function addLifecycleRoute(context: ApiContext, name: string, handle: ReadyHandler): void {
  const { app, prefix, settings } = context;
  const enabled = settings.enableLifecycle ? whenSameOrigin(whenReady(context, handle)) : answerDisabled;
  addRoute(app, {
    path: `${prefix}/-/${name}`,
    label: `/-/${name}`,
    methods: [
      ["GET", (_request, reply) => sendText(reply, 405, "Only POST or PUT requests allowed")],
      ["POST", enabled],
      ["PUT", enabled],
    ],
  });
}

function sendProbe(request: FastifyRequest, reply: FastifyReply, text: string): FastifyReply {
  return request.method === "HEAD" ? reply.code(200).send() : sendText(reply, 200, text);
}
