# operations-api
#
# Each target does what `make setup` does by itself, so there is nothing to run first.

READY := .venv/ready
UV ?= uv
# What `make assets` vendors; see operations_api/http/assets/swagger-ui/README.md
SWAGGER_UI_VERSION ?= 5.35.0
# the same for the site; see docs/assets/NOTICE.txt
MERMAID_VERSION ?= 11.17.2
IFRAME_WORKER_VERSION ?= 1.0.4
# the systems that `make bench` measures beside this one; their environment is not ours
PEERS := benchmarks/.venv/ready
RESTATE_VERSION ?= 1.7.12

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

## Use it

.PHONY: run
run: $(READY) ## Start everything on http://127.0.0.1:8000: Postgres, Valkey, the API and a worker. PORT= HOST= change the address
	@exec .venv/bin/operations-api dev --die-with-parent

## Work on it

.PHONY: setup
setup: $(READY) ## Create .venv from requirements/dev.lock. PYTHON= chooses the interpreter (3.11 or newer)

.PHONY: test
test: $(READY) ## Run every test against real servers. ARGS= goes to pytest: make test ARGS="tests/domain -x"
	.venv/bin/python -m pytest -n 4 --dist worksteal $(ARGS)

.PHONY: conformance
conformance: $(READY) ## Hold two replicas behind a real proxy to docs/contract.md. Needs HAProxy (apt-get install haproxy)
	.venv/bin/python -m pytest tests/conformance/behind_a_proxy.py $(ARGS)

.PHONY: browser
browser: $(READY) ## Try the documentation page in a headless Chromium (apt-get install chromium). CHROMIUM= says where it is
	.venv/bin/python -m pytest tests/browser $(ARGS)

.PHONY: pgbouncer
pgbouncer: $(READY) ## Run API and worker behind a real PgBouncer, as docs/pgbouncer.md says (apt-get install pgbouncer)
	.venv/bin/python -m pytest tests/pgbouncer/behind_pgbouncer.py $(ARGS)

.PHONY: chaos
chaos: $(READY) ## Kill everything at random under load, check the books, write docs/reliability.md. SECONDS= SEED=
	.venv/bin/python -m tests.chaos --seconds $(or $(SECONDS),1500) --seed $(or $(SEED),1) --report docs/reliability.md

.PHONY: mutants
mutants: $(READY) ## Break each guarantee by a small mistake, in a copy, and see its tests fail. ONLY= names or areas, SEED=
	.venv/bin/python -m tests.mutants --seed $(or $(SEED),1) $(ONLY:%=--only %)

.PHONY: fuzz
fuzz: $(READY) ## Send strange things to the running service and keep what it does not bear in tests/fuzz/cases. SECONDS= SEED=
	.venv/bin/python -m tests.fuzz --seconds $(or $(SECONDS),300) --seed $(or $(SEED),1)

.PHONY: bench
bench: $(READY) $(PEERS) ## Measure beside other systems, write docs/performance.md. ARGS="--length middle"; ARGS=--quick; ARGS=--help. Needs npm
	.venv/bin/python -m benchmarks $(ARGS)

.PHONY: bench-profile
bench-profile: $(READY) $(PEERS) ## See by py-spy where API and worker spend their time, for the page that `make bench` writes
	.venv/bin/python -m benchmarks.profile

.PHONY: bench-growth
bench-growth: $(READY) ## Measure with 10 thousand, 1 and 5 million stored operations; needs 25 GB. ARGS="--sizes 10000 --parts grown"
	.venv/bin/python -m benchmarks.growth $(ARGS)

.PHONY: check
check: $(READY) ## Check format, lint, types, direction of imports, generated files and lock files
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	@.venv/bin/operations-api openapi | diff -u openapi/openapi.json - \
	  || { echo "openapi/openapi.json is not what the code says: run 'make openapi' and commit it" >&2; exit 1; }
	@! grep -nE '://|^ *--?(index|extra-index|find-links|i |f )' requirements/*.lock \
	  || { echo "a lock file names an address: run 'make lock'" >&2; exit 1; }

.PHONY: format
format: $(READY) ## Format the code and put right what the linter can
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

## Make what is generated

.PHONY: openapi
openapi: $(READY) ## Write openapi/openapi.json from the code and the worked definitions
	.venv/bin/operations-api openapi --output openapi/openapi.json

.PHONY: lock
lock: ## Choose versions anew and lock them, hashes included, in requirements/. Needs uv; UV= says where it is
	@command -v $(UV) >/dev/null || { echo "make lock needs uv (pip install uv), or UV=/path/to/uv" >&2; exit 1; }
	$(UV) pip compile pyproject.toml $(COMPILE) --extra jwt --extra otel --output-file requirements/production.lock
	$(UV) pip compile --group build $(COMPILE) --output-file requirements/build.lock
	$(UV) pip compile pyproject.toml $(COMPILE) --extra embedded --extra jwt --extra otel --group dev --output-file requirements/dev.lock
	$(UV) pip compile --group bench $(COMPILE) --output-file requirements/bench.lock

COMPILE := --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
           --no-emit-index-url --no-header --no-annotate

.PHONY: assets
assets: ## Fetch what the interactive documentation and the site load from npm packages. Needs npm
	@command -v npm >/dev/null || { echo "make assets needs npm" >&2; exit 1; }
	@set -e; work=`mktemp -d`; trap 'rm -rf "$$work"' EXIT; to=operations_api/http/assets/swagger-ui; \
	(cd "$$work" && npm pack --silent swagger-ui-dist@$(SWAGGER_UI_VERSION) >/dev/null && tar xzf ./*.tgz); \
	for file in swagger-ui.css swagger-ui-bundle.js swagger-ui-bundle.js.LICENSE.txt LICENSE NOTICE; do \
	  cp "$$work/package/$$file" "$$to/$$file"; chmod 644 "$$to/$$file"; done; \
	echo "$(SWAGGER_UI_VERSION)" > "$$to/VERSION"
	$(call VENDOR,@mermaid-js/tiny,$(MERMAID_VERSION),dist/mermaid.tiny.js,docs/assets/mermaid/mermaid.tiny.js)
	$(call VENDOR,iframe-worker,$(IFRAME_WORKER_VERSION),shim/index.js,docs/assets/iframe-worker/shim.js)

# $(call VENDOR,package,version,its file,our file): with its licence and version beside it
define VENDOR
	@set -e; work=`mktemp -d`; trap 'rm -rf "$$work"' EXIT; to=`dirname $(4)`; \
	(cd "$$work" && npm pack --silent $(1)@$(2) >/dev/null && tar xzf ./*.tgz); \
	cp "$$work/package/$(3)" $(4); cp "$$work/package/LICENSE" "$$to/LICENSE"; chmod 644 $(4) "$$to/LICENSE"; \
	echo "$(2)" > "$$to/VERSION"
endef

.PHONY: docs
docs: $(READY) ## Build the site in site/: open site/index.html, or serve the directory as files. Warnings are errors
	$(MKDOCS) build --strict

.PHONY: docs-serve
docs-serve: $(READY) ## Show the site on http://127.0.0.1:8001 while its pages are written. PORT= takes another port
	$(MKDOCS) serve --dev-addr 127.0.0.1:$(or $(PORT),8001)

# the theme would say beside every build that mkdocs 2 will not do; the lock file has decided that
MKDOCS := NO_MKDOCS_2_WARNING=1 .venv/bin/python -m mkdocs

.PHONY: wheel
wheel: $(READY) ## Build the wheel in dist/
	.venv/bin/python -m hatchling build -t wheel

## Other

.PHONY: clean
clean: ## Remove .venv, caches and built files. The data in .operations/ stays
	rm -rf .venv benchmarks/.venv dist build site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## Say what can be made
	@echo "make <target>"
	@awk -F ':.* ## ' '/^## / {print "\n" substr($$0, 4) ":"} /^[a-z-]+:.* ## / {printf "  %-12s  %s\n", $$1, $$2}' Makefile

# --- how .venv comes about ---

# The stamp holds the checkout's directory: a moved or copied .venv names the old one in every script.
ifneq ($(shell cat $(READY) 2>/dev/null),$(CURDIR))
.PHONY: $(READY)
endif

$(READY): requirements/dev.lock pyproject.toml
	@$(FIND_PYTHON); \
	if [ "`cat $(READY) 2>/dev/null`" != "$(CURDIR)" ] || ! .venv/bin/python -c '' 2>/dev/null; then \
	  echo "creating .venv with $$python"; "$$python" -m venv --clear .venv || exit 1; fi; \
	echo "installing requirements/dev.lock"; \
	$(PIP) --require-hashes --requirement requirements/dev.lock && $(PIP) --no-build-isolation --editable . || exit 1; \
	echo "$(CURDIR)" > $(READY)

$(PEERS): requirements/bench.lock | $(READY)
	@command -v npm >/dev/null || { echo "make bench needs npm, which brings Restate's server" >&2; exit 1; }
	@echo "installing requirements/bench.lock and @restatedev/restate-server@$(RESTATE_VERSION) in benchmarks/.venv"
	@.venv/bin/python -m venv --clear benchmarks/.venv
	@benchmarks/.venv/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --require-hashes --requirement requirements/bench.lock
	@npm install --silent --no-save --no-audit --no-fund --prefix benchmarks/.venv @restatedev/restate-server@$(RESTATE_VERSION)
	@touch $(PEERS)

PIP := .venv/bin/python -m pip --disable-pip-version-check install --quiet --no-deps

# Sets $$python to the first interpreter that will do, or says why there is none.
define FIND_PYTHON
for python in $(if $(PYTHON),"$(PYTHON)",python3.13 python3.12 python3.11 python3); do \
  command -v "$$python" >/dev/null || continue; \
  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
  "$$python" -c 'import ensurepip, venv' 2>/dev/null && found=yes && break; without_venv=$$python; \
done; \
if [ -z "$$found" ]; then \
  if [ -n "$$without_venv" ]; then \
    echo "$$without_venv cannot make virtual environments: install its venv module (on Debian and Ubuntu: apt-get install python3-venv)"; \
  else echo "$(or $(PYTHON),python3) is missing or older than 3.11: install Python 3.11 or newer, or say where it is with PYTHON=/path/to/python3"; \
  fi >&2; exit 1; \
fi
endef
