# One image for web, workers, beat, watch and migrations; docker-compose.yml has the command of each.

FROM python:3.13-slim AS build

ENV PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore

# Without pip, so that nothing can be installed in a running container.
RUN python -m venv --without-pip /opt/venv
COPY requirements/production.txt /tmp/production.txt
# Only wheels, so that no compiler is needed.
RUN python -m pip --python /opt/venv/bin/python install \
        --require-hashes --no-deps --only-binary=:all: --no-compile --requirement /tmp/production.txt \
    && /opt/venv/bin/python -m compileall -q -j 0 /opt/venv/lib

WORKDIR /app
COPY . .
# The settings require values; none of these is used or kept in the image.
RUN env SECRET_KEY=build SUPPORT_ADDRESS=build@example.com EMAIL_HOST=build \
        WEBHOOK_SECRETS=whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
        POSTGRES_HOST=build POSTGRES_PASSWORD=build CELERY_BROKER_URL=redis://build \
        STATIC_ROOT=/app/static \
        /opt/venv/bin/python manage.py collectstatic --noinput \
    && rm -r requirements \
    && /opt/venv/bin/python -m compileall -q -j 0 /app


FROM python:3.13-slim

# pg_dump and pg_restore for backups; they must not be older than the server.
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/*

# With fixed IDs, so that the owner of mounted files can be set without looking into the image.
RUN groupadd --gid 10001 servicedesk \
    && useradd --uid 10001 --gid servicedesk --home-dir /app --no-create-home \
        --shell /usr/sbin/nologin servicedesk \
    && install -d -o servicedesk -g servicedesk -m 700 /files

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    STATIC_ROOT=/app/static \
    FILES_ROOT=/files \
    HEARTBEAT_FILE=/tmp/heartbeat

COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app

WORKDIR /app
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM

# For the web server; docker-compose.yml has those of workers and beat.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen(r.Request('http://127.0.0.1:8000/healthz', headers={'Host': 'localhost'}), timeout=4)"]

# Sync workers with persistent database connections were the fastest in measurements; WEB_CONCURRENCY is
# their number. No access log: nginx writes one without query strings, which can hold addresses.
CMD ["gunicorn", "config.wsgi", "--bind=0.0.0.0:8000", "--worker-tmp-dir=/dev/shm", "--timeout=60", "--graceful-timeout=30", "--max-requests=5000", "--max-requests-jitter=500", "--no-control-socket"]
