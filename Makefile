# Two commands on a fresh machine: `make demo` and `make test`. Both set everything up in .venv.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
JOBS ?= 2
SPREAD := -n $(JOBS) --dist loadfile --no-loadscope-reorder

.PHONY: help setup demo test check lint types contracts tests coverage docs fixtures lock clean

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv with the locked dependencies

$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: install Python 3.11 or newer, or say make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$($(PYTHON) --version) is too old: Python 3.11 or newer is needed, say make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv is missing: install it (Debian: apt-get install python3-venv)"; exit 1; }
	@echo "== setting up .venv (once, about a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock \
	  || { echo "the dependencies could not be installed: is the package registry reachable?"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: $(READY) ## run the main job on the fixtures and serve the API until stopped
	@$(BIN)/cdp demo --workspace pipelines/demo

test: check tests ## everything: lint, types, contracts, all tests

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
	@$(BIN)/python -m pytest $(SPREAD)

coverage: $(READY) ## all tests, measuring branches covered; takes half as long again
	@rm -f .coverage .coverage.*
	@$(BIN)/python -m pytest $(SPREAD) --cov --cov-report=term:skip-covered

docs: $(READY) ## write the reference docs from the code
	@$(BIN)/python docs/reference.py

fixtures: $(READY) ## write data/fixtures again from its seed
	@$(BIN)/python data/fixtures/make.py

lock: $(READY) ## pin the dependencies again (needs uv)
	@$(BIN)/python -m uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-header --quiet -o requirements.lock

clean: ## remove .venv and what the demo wrote
	@rm -rf .venv pipelines/demo/.cdp
