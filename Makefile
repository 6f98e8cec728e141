# One word per job. A bare machine needs only Python >= 3.11; every target makes what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# how many processes share the tests out among them; one more than processors, for many of them wait
JOBS ?= 3

.PHONY: help install install-dev run test test-fast coverage check typecheck fix docs lock jars-lock clean

help:  ## this list
	@awk -F ':.*## ' '/^##@/ {print "\n" substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Run

$(VENV)/.runtime: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Huiyin needs Python 3.11 or newer; set PYTHON=python3.x"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing libraries (about a minute the first time) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "installing the tools for tests and checks ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: -r requirements-dev.lock
	@touch $@

install: $(VENV)/.runtime  ## make .venv and fetch what the lock files name (libraries, Kafka's jars)
	@$(BIN)/huiyin stack fetch

install-dev: install $(VENV)/.dev  ## the same, and the tools for tests and checks

run: install  ## the whole system before your eyes: up on a scaled clock, demonstration data, a live view
	@$(BIN)/huiyin demo

##@ Test
test: install-dev  ## all tests, on a real Kafka and PostgreSQL that they start themselves
	@$(BIN)/pytest -n $(JOBS) $(ARGS)

test-fast: install-dev  ## unit and contract tests, which need no server
	@HYPOTHESIS_PROFILE=fast $(BIN)/pytest -n $(JOBS) tests/unit tests/contract $(ARGS)

test-examples: install-dev  ## every example of the library's procedures, through the running services
	@HUIYIN_LIVE_EXAMPLES=all $(BIN)/pytest -n 0 tests/e2e/test_examples_live.py $(ARGS)

coverage: install-dev  ## all tests, and which lines they reached in this process (a table, and htmlcov/)
	@$(BIN)/pytest -n $(JOBS) --cov --cov-report=term:skip-covered --cov-report=html $(ARGS)

##@ Check
check: install-dev typecheck  ## style, types, import rules, compose and Docker files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/python deploy/check.py

typecheck: install-dev  ## types alone
	@$(BIN)/mypy

fix: install-dev  ## mend style: sort imports, format
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

##@ Maintain
docs: install  ## write docs/procedure-reference.md and the JSON schema anew from the models
	@$(BIN)/python -m huiyin.cli.rules.schema
	@$(BIN)/python -m huiyin.cli.rules.reference

lock: $(VENV)/.dev  ## write the lock files anew from pyproject.toml (no host names in them)
	@for part in "requirements.lock --extra embedded" "requirements-dev.lock --extra embedded --extra dev" "requirements-image.lock"; do \
	  set -- $$part; out=$$1; shift; \
	  $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url \
	    --python-version 3.11 $$@ --output-file $$out pyproject.toml deploy/build-requirements.in; done

jars-lock:  ## write deploy/kafka/libs.lock anew from deploy/kafka/pom.xml (needs Maven)
	@$(BIN)/python deploy/kafka/lock.py

clean:  ## remove the virtual environment and caches; data under .huiyin stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage htmlcov
