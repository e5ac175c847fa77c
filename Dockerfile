# The command line and the library in one image; docs/containers.md says how to run it.
FROM python:3.13-slim AS build
WORKDIR /source
COPY . .
RUN python -m venv /opt/futures-async && /opt/futures-async/bin/pip install --no-cache-dir ".[all]"

FROM python:3.13-slim
COPY --from=build /opt/futures-async /opt/futures-async
# The journal of orders is $XDG_STATE_HOME/futures-async/orders.sqlite: put a volume there.
RUN install -d -o 10001 -g 10001 -m 700 /var/lib/futures-async
ENV PATH=/opt/futures-async/bin:$PATH XDG_STATE_HOME=/var/lib PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
VOLUME /var/lib/futures-async
# As Ctrl-C: orders under way are settled first. The first process of a container hears no SIGTERM that it does not ask for.
STOPSIGNAL SIGINT
ENTRYPOINT ["futures-async"]
CMD ["--help"]
