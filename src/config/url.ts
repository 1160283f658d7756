// What Go's URL parser refuses, so that the same texts load (spec CFG-20). Only the check: the text itself is
// kept as written.

const SCHEME = /^[a-zA-Z][a-zA-Z0-9+.-]*:/;
const HOST_FORBIDDEN = /[^A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"%\u0080-\u{10ffff}]/u;
const USER_FORBIDDEN = /[^A-Za-z0-9\-._:~!$&'()*+,;=%@]/;

/**
 * What is wrong with a URL in the words of Go's `net/url`, or undefined.
 * Source: Go net/url, Parse.
 */
export function checkUrl(text: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- exactly these are refused.
  if (/[\0-\x1f\x7f]/.test(text)) return "net/url: invalid control character in URL";
  const withoutFragment = text.replace(/#.*$/, "");
  const fragment = text.slice(withoutFragment.length);
  const scheme = SCHEME.exec(withoutFragment)?.[0] ?? "";
  if (scheme === "" && withoutFragment.startsWith(":")) return "missing protocol scheme";
  const rest = withoutFragment.slice(scheme.length).replace(/\?.*$/, "");
  if (!rest.startsWith("/")) {
    if (scheme !== "") return checkEscapes(fragment); // Opaque, such as `localhost:1234/x`.
    const firstSegment = rest.split("/", 1)[0]!;
    if (firstSegment.includes(":")) return "first path segment in URL cannot contain colon";
    return checkEscapes(rest) ?? checkEscapes(fragment);
  }
  if (!rest.startsWith("//") || rest.startsWith("///")) return checkEscapes(rest) ?? checkEscapes(fragment);
  const pathStart = rest.indexOf("/", 2);
  const authority = pathStart === -1 ? rest.slice(2) : rest.slice(2, pathStart);
  const path = pathStart === -1 ? "" : rest.slice(pathStart);
  return checkAuthority(authority) ?? checkEscapes(path) ?? checkEscapes(fragment);
}

function checkAuthority(authority: string): string | undefined {
  const at = authority.lastIndexOf("@");
  if (at !== -1 && USER_FORBIDDEN.test(authority.slice(0, at))) return "net/url: invalid userinfo";
  const host = authority.slice(at + 1);
  if (host.startsWith("[")) {
    const close = host.lastIndexOf("]");
    if (close === -1) return "missing ']' in host";
    return checkPort(host.slice(close + 1));
  }
  const forbidden = HOST_FORBIDDEN.exec(host);
  if (forbidden !== null) return `invalid character "${forbidden[0]}" in host name`;
  const colon = host.indexOf(":");
  return checkEscapes(host) ?? (colon === -1 ? undefined : checkPort(host.slice(host.lastIndexOf(":"))));
}

function checkPort(port: string): string | undefined {
  return /^(?::[0-9]*)?$/.test(port) ? undefined : `invalid port "${port}" after host`;
}

function checkEscapes(text: string): string | undefined {
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/u.exec(text);
  return bad === null ? undefined : `invalid URL escape "${bad[0]}"`;
}

/** The URL with its password replaced by `xxxxx` (spec CFG-11). */
export function hidePassword(text: string): string {
  return text.replace(/^([a-zA-Z][a-zA-Z0-9+.-]*:)?(\/\/[^/?#@:]*):[^/?#]*@/, "$1$2:xxxxx@");
}
