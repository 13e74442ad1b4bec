# Everything a newcomer types. Each target sets up what it needs; a second time that takes no time.
#   make demo         the whole of Drover with a simulated fleet, on this machine
#   make test         all tests that need Python and a browser
#   make test-fast    pure and database tests, in about five minutes
#   make test-system  tests that need further programs (kubectl, haproxy, prometheus, socat)
#   make test-search  the properties of the core, with 2,000 examples each that nobody has drawn before
#   make test-kubernetes  tests on a real control plane; KUBEBUILDER_ASSETS names the folder of its programs
#   make bench        what docs/benchmarks.md tells, measured here
#   make messages     locale/: what is new in the code, what is left to translate, the compiled catalogue
#   make lint         ruff, mypy, import contracts            make fmt   the same, mending what it can
#   make lock         resolve requirements*.in into requirements*.lock, with hashes

PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
PIP     = $(BIN)/python -m pip --disable-pip-version-check --quiet
PYTEST  = $(BIN)/python -m pytest
# What must not be disturbed (whole stacks, a browser, real time) runs alone, after the rest.
ALONE   = tests/demo tests/e2e
# What runs servers of its own.
SERVERS = tests/adapters tests/simulator
# Every route by every person, and whole processes: long.
LONG    = tests/trust tests/deploy
BESIDES = --numprocesses 2 --dist loadfile --ignore-glob '*/system'
SYSTEM_TESTS = $(shell find tests -type d -name system | sort)

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast test-system test-search test-kubernetes bench messages lint fmt lock clean

help:
	@sed -n 's/^#   //p' Makefile

demo: $(VENV)/.runtime
	@exec $(BIN)/python -m orchestrator.embedded demo

test: $(VENV)/.dev
	@.ci/need chromium
	$(PYTEST) $(BESIDES) $(ALONE:%=--ignore %)
	$(PYTEST) --ignore-glob '*/system' $(wildcard $(ALONE))

test-fast: $(VENV)/.dev
	$(PYTEST) $(BESIDES) $(patsubst %,--ignore %,$(ALONE) $(SERVERS) $(LONG))

test-system: $(VENV)/.dev $(BIN)/kubectl
	@.ci/need haproxy
	@.ci/need prometheus
	@.ci/need socat
	$(PYTEST) $(SYSTEM_TESTS)

test-search: $(VENV)/.dev
	$(PYTEST) --numprocesses 2 --hypothesis-profile search tests/core tests/simulator

test-kubernetes: $(VENV)/.dev $(BIN)/kubectl
	@test -n "$(KUBEBUILDER_ASSETS)" || { echo 'These tests need KUBEBUILDER_ASSETS: a folder with etcd,' \
	    'kube-apiserver, kube-controller-manager and kube-scheduler.' >&2; exit 1; }
	$(PYTEST) tests/adapters/kubernetes -k real

bench: $(VENV)/.dev $(BIN)/kubectl
	for name in $(basename $(notdir $(sort $(wildcard tests/bench/[a-z]*.py)))); do \
	    $(BIN)/python -m tests.bench.$$name || exit; \
	done

messages: $(VENV)/.runtime
	@$(BIN)/python -m orchestrator.language

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: $(VENV)/.dev
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format

# Without --upgrade what is locked stays as it is, as far as the .in files allow: make lock UPGRADE=--upgrade
lock:
	@.ci/venv $(PYTHON) $(VENV)-lock
	$(VENV)-lock/bin/python -m pip --disable-pip-version-check --quiet install uv
	for name in requirements requirements-dev; do \
	    $(VENV)-lock/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	        --no-header --no-annotate $(UPGRADE) $$name.in --output-file $$name.lock || exit; \
	done

clean:
	rm -rf $(VENV) $(VENV)-lock .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(VENV)/.runtime: requirements.lock
	@.ci/venv $(PYTHON) $(VENV)
	@echo 'Installing what Drover needs: a minute or two, this once …'
	@$(PIP) install --require-hashes --requirement requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock
	@.ci/venv $(PYTHON) $(VENV)
	@echo 'Installing what Drover, its tests and its linters need: a minute or two, this once …'
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $(VENV)/.runtime $@

# Of a supported version, and the same one everywhere.
$(BIN)/kubectl: .ci/kubectl .ci/kubectl.lock | $(VENV)/.dev
	@$(BIN)/python .ci/kubectl $@
