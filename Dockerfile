# OrderStream in a container: `docker build -t orderstream .`, then
#
#   docker run --rm -p 127.0.0.1:8080:8080 -v orderstream:/var/lib/orderstream orderstream        embedded, in one process
#   docker run --rm --stop-timeout 30 -e DB_HOST=... -e KAFKA_BROKERS=... orderstream api         one of many
#
# compose.yaml runs it with PostgreSQL, Kafka and Redis.

FROM debian:12-slim AS builder
WORKDIR /src
# What changes seldom comes first: a changed source installs nothing again.
COPY scripts/install-deps scripts/install-deps
RUN scripts/install-deps build && rm -rf /var/lib/apt/lists/*
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY scripts scripts
COPY bench bench
COPY migrations migrations
COPY src src
RUN --mount=type=cache,target=/root/.cache/ccache \
    cmake --preset release -DORDERSTREAM_TESTS=none && \
    cmake --build --preset release --target orderstream && \
    strip build/orderstream

FROM debian:12-slim
# hadolint ignore=DL3008
RUN apt-get update && \
    apt-get install --yes --no-install-recommends ca-certificates libpq5 librdkafka1 && \
    rm -rf /var/lib/apt/lists/* && \
    useradd --uid 10001 --user-group --no-log-init --no-create-home --home-dir /var/lib/orderstream \
        --shell /usr/sbin/nologin orderstream && \
    install --directory --owner=orderstream --group=orderstream --mode=0750 /var/lib/orderstream
COPY LICENSE /usr/share/doc/orderstream/
COPY deploy/orderstream-ready /usr/local/bin/
COPY --from=builder /src/build/orderstream /usr/local/bin/

# In numbers, so that an orchestrator can tell that it is not root.
USER 10001:10001
WORKDIR /var/lib/orderstream
ENV HTTP_HOST=0.0.0.0 DATA_DIR=/var/lib/orderstream
EXPOSE 8080 8081
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=3 CMD ["orderstream-ready"]
ENTRYPOINT ["orderstream"]
CMD ["serve"]
