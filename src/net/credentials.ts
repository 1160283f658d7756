import { readFile } from "node:fs/promises";
import type { HttpClientConfig } from "../config/index.ts";

/**
 * Header lines that the client block adds to a request: authorization and custom headers. Files are read
 * anew for every request and trimmed (spec HTTP-1, HTTP-2, HTTP-13). `token` gives the Authorization of an oauth2 block.
 * @throws the file system's error when a file cannot be read.
 */
export async function credentialHeaders(
  config: HttpClientConfig,
  token: (() => Promise<string>) | undefined,
): Promise<[name: string, value: string][]> {
  const headers: [string, string][] = [];
  const { basicAuth, authorization } = config;
  if (token !== undefined) headers.push(["authorization", await token()]);
  else if (basicAuth !== undefined) {
    const username =
      basicAuth.usernameFile === "" ? basicAuth.username : await readSecret(basicAuth.usernameFile);
    const password =
      basicAuth.passwordFile === "" ? basicAuth.password : await readSecret(basicAuth.passwordFile);
    const token = Buffer.from(`${username}:${password}`, "utf8").toString("base64");
    headers.push(["authorization", `Basic ${token}`]);
  } else if (authorization !== undefined) {
    const { credentialsFile, credentials, type } = authorization;
    const token = credentialsFile === "" ? credentials : await readSecret(credentialsFile);
    if (token !== "") headers.push(["authorization", `${type} ${token}`]);
  }
  for (const [name, sources] of Object.entries(config.httpHeaders)) {
    for (const value of [...sources.values, ...sources.secrets]) headers.push([name, value]);
    for (const file of sources.files) headers.push([name, await readSecret(file)]);
  }
  return headers;
}

/** A secret from its file, without the space around it. @throws the file system's error. */
export async function readSecret(path: string): Promise<string> {
  return (await readFile(path, "utf8")).trim();
}
