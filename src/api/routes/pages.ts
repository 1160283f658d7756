import type { FastifyReply } from "fastify";
import type { ApiContext } from "../context.ts";
import { addRoute, splitUrl } from "../router.ts";
import { sendRedirect } from "../send.ts";

const PAGE_PATHS = [
  "/query",
  "/alerts",
  "/rules",
  "/targets",
  "/service-discovery",
  "/status",
  "/tsdb-status",
  "/flags",
  "/config",
  "/alertmanager-discovery",
];
const LINKS = [
  "/api/v1/targets",
  "/api/v1/status/config",
  "/api/v1/status/flags",
  "/api/v1/status/runtimeinfo",
  "/api/v1/status/tsdb",
  "/api/v1/labels",
  "/api/v1/metadata",
  "/metrics",
  "/-/healthy",
  "/-/ready",
];
const CONTENT_POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; object-src 'none'; " +
  "frame-ancestors 'none'; base-uri 'none'";
const SCRIPT_PATH = "/assets/query.js";

/** The root, old links and one plain page for every path of the user interface. Source: spec API-79 to API-81. */
export function addPageRoutes(context: ApiContext): void {
  const { app, prefix, settings } = context;
  const page = pageHtml(prefix, settings.pageTitle);
  addPage(context, "/", (reply) => sendRedirect(reply, 302, `${prefix}/query`));
  addRoute(app, {
    path: `${prefix}/graph`,
    label: "/graph",
    methods: [
      [
        "GET",
        (request, reply) => {
          const { query } = splitUrl(request.originalUrl);
          return sendRedirect(reply, 302, `${prefix}/query${query === "" ? "?" : query}`);
        },
      ],
    ],
  });
  for (const path of PAGE_PATHS) {
    addPage(context, path, (reply) => sendAsset(reply, "text/html; charset=utf-8", page));
  }
  addPage(context, SCRIPT_PATH, (reply) => sendAsset(reply, "text/javascript; charset=utf-8", SCRIPT));
}

function addPage(
  { app, prefix }: ApiContext,
  path: string,
  send: (reply: FastifyReply) => FastifyReply,
): void {
  addRoute(app, {
    path: `${prefix}${path}`,
    label: path,
    methods: [["GET", (_request, reply) => send(reply)]],
  });
}

function sendAsset(reply: FastifyReply, type: string, text: string): FastifyReply {
  reply.header("Content-Type", type).header("X-Content-Type-Options", "nosniff");
  return reply.header("Content-Security-Policy", CONTENT_POLICY).send(text);
}

function pageHtml(prefix: string, title: string): string {
  const links = LINKS.map((path) => `<li><a href="${prefix}${path}">${path}</a></li>`).join("\n");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
form { display: flex; gap: .5rem; }
input { flex: 1; font: inherit; padding: .4rem; }
button { font: inherit; }
pre { background: #8882; padding: 1rem; overflow: auto; white-space: pre-wrap; }
</style>
</head>
<body data-prefix="${escapeHtml(prefix)}">
<h1>${escapeHtml(title)}</h1>
<form id="ask">
<label for="expression" hidden>PromQL expression</label>
<input id="expression" name="query" placeholder="PromQL expression, e.g. up" autofocus autocomplete="off">
<button>Execute</button>
</form>
<pre id="answer" role="status">The answer appears here.</pre>
<h2>HTTP interface</h2>
<ul>
${links}
</ul>
<script src="${prefix}${SCRIPT_PATH}"></script>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

const SCRIPT = `"use strict";
const answer = document.getElementById("answer");
document.getElementById("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = new URLSearchParams(new FormData(event.target));
  answer.textContent = "…";
  try {
    const response = await fetch(document.body.dataset.prefix + "/api/v1/query", { method: "POST", body });
    answer.textContent = JSON.stringify(await response.json(), null, 2);
  } catch (error) {
    answer.textContent = String(error);
  }
});
`;
