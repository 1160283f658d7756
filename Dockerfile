# Stands in for the Prometheus image: same paths, same flags, same volume, so that a Dockerfile which says
# `FROM prom/prometheus` or `FROM` one of its derivatives needs no other change.
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
# The second line fills the cache of compiled code, for the image is read-only to the user it runs as.
RUN npm run build && npm prune --omit=dev && rm -rf node_modules/.cache \
 && node dist/main.js --version

# glibc, not musl: host names in /etc/hosts are found whatever the case of their letters.
FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="Narthex" org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /src/package.json /usr/share/narthex/
COPY --from=build /src/node_modules /usr/share/narthex/node_modules
COPY --from=build /src/dist /usr/share/narthex/dist
COPY docker/launcher /bin/prometheus
COPY docker/launcher /bin/promtool
COPY docker/launcher /bin/narthex
COPY config/prometheus.yml /etc/prometheus/prometheus.yml
RUN mkdir -p /prometheus && chown -R nobody:nogroup /etc/prometheus /prometheus
USER nobody
EXPOSE 9090
VOLUME ["/prometheus"]
WORKDIR /prometheus
ENTRYPOINT ["/bin/prometheus"]
CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
