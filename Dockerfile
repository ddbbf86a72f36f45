# The API, the worker and the commands in one image; the first argument chooses: serve, worker, migrate, keys ...
# deploy/README.md says how to run it.

FROM python:3.13-slim AS build
WORKDIR /source
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1

# the dependencies first: they change less often than the code
COPY requirements/production.lock requirements/build.lock requirements/
RUN python -m venv /opt/operations-api \
 && /opt/operations-api/bin/pip install --require-hashes --no-deps --only-binary :all: -r requirements/production.lock \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --require-hashes --no-deps --only-binary :all: -r requirements/build.lock

COPY pyproject.toml README.md LICENSE ./
COPY operations_api operations_api
COPY worker worker
COPY examples examples
RUN /opt/build/bin/python -m hatchling build -t wheel -d dist \
 && /opt/operations-api/bin/pip install --no-deps --no-index dist/*.whl \
 && /opt/operations-api/bin/python -m compileall -q /opt/operations-api

FROM python:3.13-slim
COPY --from=build /opt/operations-api /opt/operations-api
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin operations
ENV PATH=/opt/operations-api/bin:$PATH PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000 OPERATIONS_LOG=json
# your own definitions are imported from here: mount them, or build on this image and copy them in
WORKDIR /app
USER 10001:10001
EXPOSE 8000
ENTRYPOINT ["operations-api"]
CMD ["serve"]
