import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { portOf } from "../../../examples/docker-course/stub-dns.ts";

const FOLDER = join(import.meta.dirname, "../../support/certificates");

/** Path of a certificate or key made for tests; `server` and `client` are signed by `authority`. */
export const certificatePath = (file: string): string => join(FOLDER, file);

export const certificate = (file: string): string => readFileSync(certificatePath(file), "utf8");

/**
 * A server with that certificate which speaks HTTP/2 and HTTP/1.1 and answers with `HTTP/<version> <name of the client's
 * certificate>`. Returns its port.
 */
export async function serveTls(
  name: "server" | "other-server",
  cleanUp: (() => Promise<unknown> | void)[],
  more: { readonly requestCert?: boolean; readonly maxVersion?: "TLSv1.2" } = {},
): Promise<number> {
  const options = {
    key: certificate(`${name}.key`),
    cert: certificate(`${name}.crt`),
    ca: certificate("authority.crt"),
    allowHTTP1: true,
    rejectUnauthorized: true,
    ...more,
  };
  const server = createSecureServer(options, (request, response) => {
    const peer = (request.socket as TLSSocket).getPeerCertificate?.();
    response.end(`HTTP/${request.httpVersion} ${String(peer?.subject?.CN ?? "")}`);
  });
  // A client that does not like the certificate breaks off.
  server.on("sessionError", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUp.push(() => void server.close());
  return portOf(server);
}
