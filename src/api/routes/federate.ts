import { errorText, NarthexError } from "../../base/index.ts";
import type { Matcher } from "../../model/index.ts";
import { parseSelector } from "../../promql/parse/index.ts";
import { encodedData } from "../../query/index.ts";
import { whenReady, type ApiContext } from "../context.ts";
import { formValues, parseForm } from "../form.ts";
import { abortSignal } from "../json-routes.ts";
import { addRoute, splitUrl } from "../router.ts";
import { sendBody, sendTextError } from "../send.ts";

const PATH = "/federate";

/** The newest samples of selected series for another scraper. Source: spec API-73, FED-1. */
export function addFederateRoute(context: ApiContext): void {
  const { app, prefix } = context;
  const handle = whenReady(context, async ({ federation }, request, reply) => {
    const form = parseForm(splitUrl(request.originalUrl).query.slice(1));
    if (form.problem !== undefined) {
      return sendTextError(reply, 400, `error parsing form values: ${form.problem}`);
    }
    let matcherSets: (readonly Matcher[])[];
    try {
      matcherSets = formValues(form, "match[]").map((text) => parseSelector(text));
    } catch (error) {
      if (!(error instanceof NarthexError) || error.errorType !== "bad_data") throw error;
      return sendTextError(reply, 400, errorText(error));
    }
    const { contentType, chunks } = await federation.federate({
      matcherSets,
      accept: request.headers.accept ?? "",
      signal: abortSignal(reply),
    });
    reply.header("Content-Type", contentType);
    return sendBody(request, reply, { head: "", data: encodedData(chunks), tail: "" });
  });
  addRoute(app, { path: prefix + PATH, label: PATH, methods: [["GET", handle]] });
}
