import { whenReady, type ApiContext } from "../context.ts";
import { abortSignal, API_PREFIX } from "../json-routes.ts";
import { addRoute } from "../router.ts";
import { sendTextError } from "../send.ts";

const BODY_BYTES_MAX = 32 * 1024 * 1024; // RR-1

/** Remote read. Source: spec API-70, RR-1, RR-4. */
export function addReadRoute(context: ApiContext): void {
  const { app, prefix } = context;
  const path = `${API_PREFIX}/read`;
  const handle = whenReady(context, async ({ reader }, request, reply) => {
    const body = Buffer.isBuffer(request.body) ? request.body : new Uint8Array(0);
    const result = await reader.read(body, abortSignal(reply));
    if (result.kind !== "samples") {
      return sendTextError(reply, result.kind === "refused" ? 400 : 500, result.text);
    }
    reply.header("Content-Type", "application/x-protobuf").header("Content-Encoding", "snappy");
    return reply.send(result.body);
  });
  addRoute(app, {
    path: prefix + path,
    label: path,
    bodyBytesMax: BODY_BYTES_MAX,
    methods: [["POST", handle]],
  });
}
