import type { ApiContext } from "../context.ts";
import { listJson, textJson, timeJson } from "../json.ts";
import { API_PREFIX, sendAnswer } from "../json-routes.ts";
import { statusWalReplay } from "./status.ts";
import { addRoute } from "../router.ts";

interface Notification {
  readonly text: string;
  readonly dateMs: number;
}

/** The two endpoints that also answer before the store is replayed. Source: spec API-58, API-61. */
export function addNotificationRoutes(context: ApiContext): void {
  const { app, prefix } = context;
  const path = `${API_PREFIX}/notifications`;
  addRoute(app, {
    path: prefix + path,
    label: path,
    methods: [
      [
        "GET",
        (request, reply) => {
          reply.header("Vary", "Origin");
          const json = listJson(notifications(context), ({ text, dateMs }) => {
            return `{"text":${textJson(text)},"date":${timeJson(dateMs)},"active":true}`;
          });
          return sendAnswer(request, reply, { kind: "json", json });
        },
      ],
    ],
  });
  const walReplay = `${API_PREFIX}/status/walreplay`;
  addRoute(app, {
    path: prefix + walReplay,
    label: walReplay,
    methods: [
      [
        "GET",
        (request, reply) => {
          reply.header("Vary", "Origin");
          return sendAnswer(request, reply, statusWalReplay(context));
        },
      ],
    ],
  });
}

const STARTING = "Prometheus is starting and replaying the write-ahead log (WAL).";
const STOPPING = "Prometheus is shutting down and gracefully stopping all operations.";

function notifications({ state }: ApiContext): Notification[] {
  const list: Notification[] = [];
  const reload = state.parts?.config.lastReload;
  if (reload?.successful === false) {
    list.push({ text: "Configuration reload has failed.", dateMs: reload.lastAttemptMs });
  }
  if (state.phase === "starting") list.push({ text: STARTING, dateMs: state.phaseSinceMs });
  if (state.phase === "stopping") list.push({ text: STOPPING, dateMs: state.phaseSinceMs });
  return list;
}
