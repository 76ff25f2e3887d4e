# `make help` lists the targets.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --quiet --disable-pip-version-check install --require-hashes --only-binary :all:

# Some tests run JavaScript: the public audit of GraphQL over HTTP, the clients of the guide, and the
# example in a browser. They are skipped without Node.js.
NODE := $(and $(shell command -v node),$(shell command -v npm))
PACKAGES := $(if $(NODE),$(patsubst %,%/node_modules/.installed,tests/graph/http/audit tests/clients examples/board))

# The explorer is built where Node.js is available. Without it the server has a simpler page.
EXPLORER := graph/explorer
EXPLORER_SOURCES := $(shell find $(EXPLORER)/src -type f 2>/dev/null) $(addprefix $(EXPLORER)/,index.html vite.config.ts tsconfig.json package-lock.json)
BUILT := $(if $(NODE),$(EXPLORER)/dist/.built)

.DEFAULT_GOAL := help
.PHONY: help install serve explorer example test fuzz check release-schema migration benchmark benchmark-writes benchmark-engine benchmark-live format lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-17s %s\n", $$1, $$2}'

install: .venv/.installed ## Create .venv with the pinned dependencies

serve: .venv/.installed ## Serve on 127.0.0.1:8000; the first run adds demo data
ifneq ($(BUILT),)
	@$(MAKE) --silent $(BUILT) || echo "The explorer cannot be built, so a simpler page is served."
endif
	@$(BIN)/taskloom serve --demo $(ARGUMENTS)

explorer: $(EXPLORER)/dist/.built ## Build the explorer; needs Node.js

example: .venv/.installed examples/board/node_modules/.installed ## Serve the example board with demo data; needs Node.js
	@cd examples/board && npm run --silent build && node serve.mjs

test: .venv/.developing $(PACKAGES) $(BUILT) ## Run all tests; UPDATE_GOLDEN=1 make test rewrites the golden files
	@$(BIN)/pytest

fuzz: .venv/.developing ## Send a server thousands of operations generated from its schema
	@TASKLOOM_FUZZ=5000 $(BIN)/pytest tests/graph/test_fuzz.py -n 2 -s
	@TASKLOOM_FUZZ=20000 $(BIN)/pytest tests/graph/engine/test_equal_answers.py -n 2

check: .venv/.developing ## Check lint, format, types, layers, schema.graphql and migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/taskloom schema --check
	$(BIN)/pytest -m check -n 0

release-schema: ## On a release: let make check compare later schemas with this one
	cp schema.graphql tests/graph/released_schema.graphql

migration: .venv/.developing ## Generate a migration from the models: make migration m="add reactions"
	@$(BIN)/python -m models.migrations "$(m)"

benchmark: .venv/.developing ## Time pages, boards and searches in a large workspace
	@$(BIN)/python -m benchmarks.scale $(ARGUMENTS)

benchmark-writes: .venv/.developing ## Compare writes per second with the bare driver
	@$(BIN)/python -m benchmarks.writes $(ARGUMENTS)

benchmark-engine: .venv/.developing ## Compare requests per second with other GraphQL servers
	@$(BIN)/python -m benchmarks.engine $(ARGUMENTS)

benchmark-live: .venv/.developing ## Measure subscriptions: memory, deliveries, other requests
	@$(BIN)/python -m benchmarks.live $(ARGUMENTS)

format: .venv/.developing ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .venv/.developing ## Pin the newest dependencies that pyproject.toml allows
	$(BIN)/uv pip compile -q --upgrade pyproject.toml --group build --universal \
	  --python-version 3.11 --generate-hashes --no-header -o requirements.txt
	$(BIN)/uv pip compile -q --upgrade pyproject.toml --group build --group dev -c requirements.txt \
	  --universal --python-version 3.11 --generate-hashes --no-header -o requirements-dev.txt

clean: ## Remove .venv and the demo database
	rm -rf .venv taskloom.db taskloom.db-wal taskloom.db-shm

.venv/.installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Taskloom requires Python 3.11 or newer. Set PYTHON to its path: make PYTHON=python3.12"; exit 1; }
	@echo "Installing the dependencies into .venv …"
	@$(PYTHON) -m venv .venv
	@$(PIP) -r requirements.txt
	@$(BIN)/pip --quiet --disable-pip-version-check install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.developing: requirements-dev.txt .venv/.installed
	@echo "Installing the development tools into .venv …"
	@$(PIP) -r requirements-dev.txt
	@touch $@

$(EXPLORER)/dist/.built: $(EXPLORER)/node_modules/.installed $(EXPLORER_SOURCES)
	@echo "Building the explorer …"
	@cd $(EXPLORER) && npm run --silent build -- --logLevel error && touch dist/.built

%/node_modules/.installed: %/package-lock.json
	@echo "Installing the packages of $* …"
	@cd $* && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.installed
