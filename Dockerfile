# The platform in a container: built from the lock file with hashes, run as nobody in particular.
#
#   docker build -t cdp .
#   docker run -d --name cdp -p 8321:8321 -v cdp-data:/data cdp
#
# /data is the workspace: its YAML files and, in .cdp, what is kept. docs/operations.md says more.

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /opt/cdp
COPY requirements.lock ./
RUN /opt/cdp/bin/python -m pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY src ./src
RUN /opt/cdp/bin/python -m pip install --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin cdp \
 && mkdir -p /data && chown cdp:cdp /data
COPY --from=build /opt/cdp /opt/cdp
ENV PATH=/opt/cdp/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CDP_WORKSPACE=/data \
    CDP_HOST=0.0.0.0 \
    CDP_LOG_FORMAT=json \
    MPLCONFIGDIR=/tmp/matplotlib
USER cdp
WORKDIR /data
VOLUME /data
EXPOSE 8321
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:' + os.environ.get('CDP_PORT', '8321') + '/healthz', timeout=4)"]
ENTRYPOINT ["cdp"]
CMD ["serve", "--schedules"]
