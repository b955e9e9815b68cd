# Needs python3 (>= 3.11), make and git; everything else is installed into .venv, as uv.lock pins it.
PYTHON ?= python3
UV_VERSION := 0.13.8
UV := .venv-tools/bin/uv
BIN := .venv/bin
READY := .venv/.ready

export UV_PYTHON_DOWNLOADS ?= never
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
# tools must come from .venv, whatever else is activated
unexport VIRTUAL_ENV

.DEFAULT_GOAL := help
.PHONY: help setup build test fuzz faults lint docs bench clean

help: ## Show what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Install the locked dependencies into .venv

build: $(READY) ## Simulate the demo company, build, test and publish its warehouse
	$(BIN)/warehouse seed --preset demo --set period.months=9
	$(BIN)/warehouse build
	$(BIN)/warehouse replay --months 3
	$(BIN)/warehouse status

test: $(READY) ## Run every test
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

fuzz: $(READY) ## Build 2,000 random extracts in memory, from a fresh seed (FUZZ_SEED=N repeats one)
	@FUZZ_SEED=$${FUZZ_SEED:-$$(date +%s)} && export FUZZ_SEED FUZZ_ROUNDS=40 \
		&& echo "rounds of 50 extracts, their seeds from $$FUZZ_SEED on" \
		&& $(BIN)/pytest -v -n auto --maxprocesses 4 --dist load tests/python/warehouse/test_any_extract.py -k any_extract_is

faults: $(READY) ## Kill, fill disks, starve, damage and attack, at random; 25 minutes (FAULTS_SEED=N repeats)
	$(BIN)/python -m tests.python.faults.run --seed $${FAULTS_SEED:-$$(date +%s)} $(FAULTS_ARGS)

lint: $(READY) ## Check style, types and the layers of the project
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/yamllint --strict .
	$(BIN)/dbt --quiet parse
	$(BIN)/dbt-bouncer --config-file dbt-bouncer.yml
	$(BIN)/sqlfluff lint --disable-progress-bar --processes 0 models snapshots tests analyses

docs: $(READY) ## Generate the dbt docs site and serve it
	$(BIN)/warehouse docs

bench: $(READY) ## Measure seeding, building, billing cycles, smart meters and receivables at scale
	$(BIN)/python -m benchmarks.run

clean: ## Remove the warehouse and everything that was made
	rm -rf .venv .venv-tools .build target logs bench-* warehouse.duckdb*

$(READY): pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen --python $(PYTHON)
	@touch $@

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "error: $(PYTHON) is older than 3.11: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv .venv-tools \
		|| { echo "error: $(PYTHON) cannot make virtual environments: install its venv package"; exit 1; }
	.venv-tools/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
