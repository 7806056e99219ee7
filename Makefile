# `make demo` and `make test` need only git, make, python3 and python3-venv; everything else they fetch themselves.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

.PHONY: help setup demo test check format bench words lock wheel clean

help:            ## what there is
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*##/\t/'

setup: .venv/ready            ## the virtual environment, once

.venv/ready: requirements-dev.txt pyproject.toml
	@echo "Setting up .venv (once; half a minute)…"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup            ## a village-and-river station on simulated hardware (ARGS="--for 30 --json")
	@$(BIN)/station demo $(ARGS)

test: setup            ## every test
	@$(BIN)/python -m pytest -q $(ARGS)

check: setup            ## formatter, linter, strict types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: setup            ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup            ## what it costs, beside its limits
	@$(BIN)/python -m hw_sim.bench $(ARGS)

words: setup            ## collect messages and compile the Chinese ones
	$(BIN)/python -m tests.words

lock:            ## pin every package with its hashes
	$(PYTHON) -m venv .venv && $(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	    --no-annotate pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	    --no-annotate --extra demo --extra dev pyproject.toml -o requirements-dev.txt

wheel: setup            ## dist/*.whl
	@$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

clean:            ## everything that was made
	rm -rf .venv build dist *.egg-info
