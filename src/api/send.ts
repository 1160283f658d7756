import { pipeline, Readable } from "node:stream";
import { promisify } from "node:util";
import { createDeflate, createGzip, deflate, deflateSync, gzip, gzipSync } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { EncodedData } from "../query/index.ts";

type Encoding = "gzip" | "deflate";

/** Fast; a level more costs half again as much time for a few per cent of size. */
const LEVEL = 1;
const OPTIONS = { level: LEVEL };
/** Up to here compressing takes less than handing over to another thread, which costs about 100 us. */
const INLINE_BYTES_MAX = 64 * 1024;
const gzipApart = promisify(gzip);
const deflateApart = promisify(deflate);

const TEXT_TYPE = "text/plain; charset=utf-8";

/** What is sent as one piece or in chunks; `head` and `tail` go around the chunks. */
export interface StreamBody {
  readonly head: string;
  readonly data: EncodedData;
  readonly tail: string;
}

/**
 * Sends `body`, compressed when the client takes it. A body in chunks is sent as the client reads it.
 * Returns when the answer is on its way.
 */
export async function sendBody(
  request: FastifyRequest,
  reply: FastifyReply,
  body: string | StreamBody,
): Promise<FastifyReply> {
  const encoding = acceptedEncoding(request.headers["accept-encoding"]);
  if (encoding !== undefined) reply.header("Content-Encoding", encoding);
  if (typeof body !== "string" && body.data.rest !== undefined) {
    return reply.send(streamOf(body, encoding));
  }
  const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : wholeBody(body);
  if (encoding === undefined) return reply.send(bytes);
  return reply.send(await compressed(bytes, encoding));
}

/** Plain text, never compressed. */
export function sendText(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).header("Content-Type", TEXT_TYPE).send(text);
}

/** An error page outside the JSON API. Source: spec API-3. */
export function sendTextError(reply: FastifyReply, status: number, text: string): FastifyReply {
  reply.header("X-Content-Type-Options", "nosniff");
  return sendText(reply, status, `${text}\n`);
}

/** A redirect with the small page that Prometheus sends. `location` starts with a slash. */
export function sendRedirect(reply: FastifyReply, status: 301 | 302, location: string): FastifyReply {
  const href = location.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&#34;");
  const words = status === 301 ? "Moved Permanently" : "Found";
  reply.code(status).header("Location", location).header("Content-Type", "text/html; charset=utf-8");
  return reply.send(`<a href="${href}">${words}</a>.\n\n`);
}

/** The first of gzip and deflate that `Accept-Encoding` names; weights are not looked at. Source: spec API-10. */
function acceptedEncoding(header: string | string[] | undefined): Encoding | undefined {
  if (header === undefined) return undefined;
  const text = typeof header === "string" ? header : header.join(",");
  for (const part of text.split(",")) {
    const name = part.trim();
    if (name === "gzip" || name === "deflate") return name;
  }
  return undefined;
}

async function compressed(bytes: Buffer, encoding: Encoding): Promise<Buffer> {
  if (bytes.length <= INLINE_BYTES_MAX) {
    return encoding === "gzip" ? gzipSync(bytes, OPTIONS) : deflateSync(bytes, OPTIONS);
  }
  return encoding === "gzip" ? gzipApart(bytes, OPTIONS) : deflateApart(bytes, OPTIONS);
}

function wholeBody(body: StreamBody): Buffer {
  return Buffer.concat([Buffer.from(body.head), body.data.first, Buffer.from(body.tail)]);
}

function streamOf(body: StreamBody, encoding: Encoding | undefined): Readable {
  const source = Readable.from(chunksOf(body), { objectMode: false });
  if (encoding === undefined) return source;
  const compressor = encoding === "gzip" ? createGzip(OPTIONS) : createDeflate(OPTIONS);
  // Either end failing destroys the other; whoever reads the compressed side is told of it.
  pipeline(source, compressor, () => {});
  return compressor;
}

async function* chunksOf({ head, data, tail }: StreamBody): AsyncGenerator<Uint8Array, void> {
  yield Buffer.from(head);
  yield data.first;
  if (data.rest !== undefined) yield* data.rest;
  yield Buffer.from(tail);
}
