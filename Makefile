# What a person types. Everything runs from the checkout's own .venv; nothing is installed elsewhere.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Requests that schemathesis invents for each operation of the API
EXAMPLES ?= 100

.PHONY: run test check audit faults bench bench-full fuzz load clean

run: $(VENV)/.run
	$(BIN)/orte run

test: $(VENV)/.test
	$(BIN)/pytest -n 2 -q

check: $(VENV)/.test
	$(BIN)/ruff format --check registry harvesters tests benchmarks
	$(BIN)/ruff check registry harvesters tests benchmarks
	$(BIN)/mypy
	@$(MAKE) --no-print-directory audit

audit: $(VENV)/.run $(VENV)-audit/bin/pip-audit
	$(BIN)/python -m tests.security.audit $(VENV)-audit/bin/pip-audit

faults: $(VENV)/.test
	ORTE_FAULTS=50 ORTE_FAULTS_RESULTS=1 $(BIN)/pytest tests/faults -q --timeout 3600
	ORTE_LDES_MEMBERS=10000 $(BIN)/pytest tests/registry/feed/test_ldes_client.py -q --timeout 3600

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks

bench-full: $(VENV)/.bench
	$(BIN)/python -m benchmarks --full

fuzz: $(VENV)/.fuzz
	$(BIN)/python -m tests.conformance.fuzz $(EXAMPLES)

load: $(VENV)/.bench
	$(BIN)/python -m benchmarks.load

clean:
	rm -rf $(VENV) $(VENV)-audit build dist .pytest_cache .mypy_cache .ruff_cache

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)-audit/bin/pip-audit:
	$(PYTHON) -m venv $(VENV)-audit
	$(VENV)-audit/bin/python -m pip install --quiet --quiet --disable-pip-version-check 'pip-audit>=2.7,<3'

$(VENV)/.run: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check -e .
	touch $@

$(VENV)/.test: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check -e '.[test]'
	touch $@ $(VENV)/.run

$(VENV)/.bench: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check -e '.[test,bench]'
	touch $@ $(VENV)/.run $(VENV)/.test

$(VENV)/.fuzz: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check -e '.[test,fuzz]'
	touch $@ $(VENV)/.run $(VENV)/.test
