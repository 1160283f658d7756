import type { RemoteWriteResult } from "../../remote/index.ts";
import { whenReady, whenSameOrigin, type ApiContext } from "../context.ts";
import { API_PREFIX } from "../json-routes.ts";
import { addRoute } from "../router.ts";
import { sendTextError } from "../send.ts";

const BODY_BYTES_MAX = 32 * 1024 * 1024; // RCV-4
const DISABLED = "remote write receiver needs to be enabled with --web.enable-remote-write-receiver";

const STATUS: Readonly<Record<Exclude<RemoteWriteResult["kind"], "stored">, number>> = {
  unsupported: 415,
  refused: 400,
  unavailable: 503,
  failed: 500,
};

/** Remote write. Source: spec API-67, API-68. */
export function addWriteRoute(context: ApiContext): void {
  const { app, prefix, settings } = context;
  const path = `${API_PREFIX}/write`;
  const handle = whenReady(context, async ({ receiver }, request, reply) => {
    if (!settings.enableRemoteWriteReceiver) return sendTextError(reply, 404, DISABLED);
    const result = await receiver.receive({
      contentType: request.headers["content-type"] ?? "",
      contentEncoding: headerText(request.headers["content-encoding"]),
      body: Buffer.isBuffer(request.body) ? request.body : new Uint8Array(0),
    });
    if (result.kind === "stored") return reply.code(204).send();
    if (result.kind === "unavailable") reply.header("retry-after", String(result.retryAfterSeconds));
    return sendTextError(reply, STATUS[result.kind], result.text);
  });
  addRoute(app, {
    path: prefix + path,
    label: path,
    bodyBytesMax: BODY_BYTES_MAX,
    methods: [["POST", whenSameOrigin(handle)]],
  });
}

function headerText(value: string | string[] | undefined): string {
  return Array.isArray(value) ? value.join(", ") : (value ?? "");
}
