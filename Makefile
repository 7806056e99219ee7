# `make demo` and `make test` need only git, make, python3 and python3-venv; everything else they fetch themselves.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate
ARGS ?=
ARCH ?= aarch64
SEEDS ?= $(shell seq 1 20)

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format soak bench words lock wheel bundle install uninstall clean

# Bytecode lies in .venv and not between the sources, whatever the environment says: hundreds of processes need not compile.
test demo bench soak: export PYTHONPYCACHEPREFIX = $(CURDIR)/.venv/pycache
test demo bench soak: export PYTHONDONTWRITEBYTECODE =

help:            ## show this list
	@sed -n 's/^\([a-z]*\):[^#]*## /make \1\t/p' Makefile | expand -t 14

setup: .venv/ready            ## make .venv with everything that is needed; once

.venv/ready: requirements-dev.txt pyproject.toml
	@echo "Making .venv and installing what is pinned in requirements-dev.txt (half a minute, once) …"
	@$(PYTHON) -m venv .venv || { echo "Next: apt install python3-venv, then rm -rf .venv and make again." >&2; exit 1; }
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@# compat: a plain path file; the default's import hook costs every command 20 ms
	@$(PIP) install --no-deps --no-build-isolation --config-settings editable_mode=compat --editable .
	@rm -rf build *.egg-info
	@touch $@

demo: setup            ## run a village-and-river station on simulated hardware; ARGS="--for 60"
	@$(BIN)/station demo $(ARGS)

test: setup            ## run every test; ARGS="tests/drivers -x" for some
	@echo "Running the tests …"
	@if test -n "$(ARGS)"; then $(BIN)/python -m pytest -q $(ARGS); else \
		$(BIN)/python -m pytest -q -n 6 --dist load tests --ignore=tests/system \
		&& $(BIN)/python -m pytest -q -n 4 --dist load tests/system; fi

check: setup            ## formatter, linter, strict types
	@echo "Formatter …"
	@$(BIN)/ruff format --check --quiet . || { $(BIN)/ruff format --check .; echo "Next: make format" >&2; exit 1; }
	@echo "Linter …"
	@$(BIN)/ruff check --quiet .
	@echo "Types, strictly …"
	@$(BIN)/mypy

format: setup            ## put the code into the house's form
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

soak: setup            ## many seeds, until one fails: the oracle's 90 days, every driver with faults; SEEDS="1 2 3"
	@for seed in $(SEEDS); do $(BIN)/station sim chaos --days 90 --seed $$seed || exit 1; done
	@for seed in $(SEEDS); do SOAK_SECONDS=60 SOAK_SEED=$$seed $(BIN)/python -m pytest -q tests/drivers/test_soak.py || exit 1; done
	@$(BIN)/station sim chaos --real --for 10m --seed 1

bench: setup            ## what it costs, beside its limits
	@echo "Measuring …"
	@$(BIN)/python -m hw_sim.bench $(ARGS)

words: setup            ## collect the messages, compile the Chinese ones
	@$(BIN)/python -m tests.house.words

lock:            ## pin what pyproject.toml asks for, with the hashes of all platforms; ARGS=--upgrade for newer ones
	@echo "Pinning …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) install uv
	@$(LOCK) $(ARGS) pyproject.toml -o requirements.txt
	@$(LOCK) $(ARGS) --extra demo --extra dev pyproject.toml -o requirements-dev.txt

wheel: setup            ## build dist/*.whl
	@echo "Building the wheel …"
	@$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .
	@rm -rf build *.egg-info
	@ls dist/*.whl

bundle: setup            ## one file to install without internet; ARCH=aarch64 (default), armv7l or x86_64
	@echo "Collecting the wheels …"
	@systemd/bundle.sh $(ARCH) dist

install:            ## as root: install the station on this machine (services, users, /opt/shanshui)
	@systemd/install.sh

uninstall:            ## as root: take it away; configuration and data stay, but for ARGS=--purge
	@systemd/install.sh --uninstall $(ARGS)

clean:            ## remove everything that was made
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
