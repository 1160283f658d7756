/** Our own version, as in package.json. */
export const NARTHEX_VERSION = "0.1.0";

/** The Prometheus release whose behaviour we follow; clients choose features by it. */
export const PROMETHEUS_VERSION = "3.14.0";

/** As buildinfo and User-Agent tell it: what clients can parse, with ourselves as build metadata. */
export const COMPATIBLE_VERSION: string = `${PROMETHEUS_VERSION}+narthex.${NARTHEX_VERSION}`;
