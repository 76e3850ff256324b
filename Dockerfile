# One image for every role: `run api`, `run worker`, `run scheduler`, or `run all`.

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/signal
WORKDIR /src
# Dependencies first: they change less often than the code.
COPY requirements/runtime.txt requirements/runtime.txt
RUN /opt/signal/bin/python -m pip install --require-hashes --only-binary :all: -r requirements/runtime.txt

FROM python:3.11-slim-bookworm
ENV PATH=/opt/signal/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    PYTHONPATH=/srv/signal SIGNAL_HOST=0.0.0.0 SIGNAL_LOG_FORMAT=json SIGNAL_DATA_FOLDER=/var/lib/automata-signal
RUN groupadd --system --gid 10001 signal \
    && useradd --system --uid 10001 --gid signal --home-dir /var/lib/automata-signal --create-home signal
COPY --from=build /opt/signal /opt/signal
WORKDIR /srv/signal
COPY domain domain
COPY application application
COPY adapters adapters
COPY entrypoints entrypoints
COPY bootstrap bootstrap
COPY migrations migrations
# The packages are run from where they are, as in a checkout: migrations are found beside them.
RUN printf '%s\n' '#!/opt/signal/bin/python' 'import sys' 'from bootstrap.main import main' 'sys.exit(main())' \
      > /opt/signal/bin/automata-signal \
    && chmod 0755 /opt/signal/bin/automata-signal \
    && python -m compileall -q domain application adapters entrypoints bootstrap
USER signal
EXPOSE 8080
# Longer than the drain of 25 seconds: see docs/operations.md.
STOPSIGNAL SIGTERM
ENTRYPOINT ["automata-signal"]
CMD ["run", "all"]
