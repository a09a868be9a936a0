# Two commands on a machine that has only Python 3.11 or newer and make: `make demo` and `make test`.
.PHONY: help demo test check lint types docs lock locks bench-help bench-peers bench-decisions bench-speed bench-coverage bench-privacy bench-promises environment

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:[^#]*##/  /'

demo: ## Gate a real model on real data; leaves a project to play with in demo/
	@sh scripts/environment.sh demo
	@.venv/bin/lockgate demo --dir demo

environment: ## Make .venv with everything that developing needs
	@sh scripts/environment.sh dev

test: environment ## Run the tests; ARGS goes to pytest
	@.venv/bin/python -m pytest -n auto $(if $(ARGS),$(ARGS),-m "not library")

lint: environment ## Check style
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .

types: environment ## Check types
	@.venv/bin/mypy

check: lint types test ## Style, types and tests

docs: environment ## Write anew what the documentation repeats from the code
	@.venv/bin/python scripts/generate_docs.py

COMPILE = .venv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --no-annotate --python-version 3.11

locks: environment ## Resolve the locks of the libraries anew, from src/lockgate/libraries/locks/NAME.in
	@for asked in src/lockgate/libraries/locks/*.in; do $(COMPILE) --upgrade "$$asked" -o "$${asked%.in}.txt" || exit 1; done

lock: environment ## Resolve the locked requirements anew, within the ranges of pyproject.toml
	@$(COMPILE) --upgrade pyproject.toml --extra sklearn --extra onnx --extra lightgbm --extra catboost --extra explain --extra environments --extra demo --group dev -o requirements/dev.txt
	@$(COMPILE) pyproject.toml --extra demo --group build -c requirements/dev.txt -o requirements/demo.txt
	@echo uv | $(COMPILE) - -c requirements/dev.txt -o requirements/uv.txt

bench-help: environment ## Time `lockgate --help` against `python -c "import click"`
	@.venv/bin/python bench/help_time.py

bench-peers: environment ## Make an environment for each tool that the benchmarks measure against
	@.venv/bin/python bench/peers.py

bench-decisions: environment ## Clean twins and planted faults, judged by Lockgate and by the peers; ARGS=--quick for a look
	@PYTHONPATH=bench .venv/bin/python -m decisions $(ARGS)

bench-speed: environment ## Measure Lockgate against other tools; ARGS goes to it (--rows 10000000, --job drift)
	-@.venv/bin/python bench/peers.py
	@PYTHONPATH=bench .venv/bin/python -m speed $(ARGS)

bench-coverage: environment ## How often the intervals of the gate performance hold the truth; ARGS=--metric roc_auc for one
	@.venv/bin/python bench/interval_coverage.py $(ARGS)

bench-privacy: environment ## Precision, recall and speed of finding personal data, beside the peers; ARGS=--each 20 for a look
	-@.venv/bin/python bench/peers.py presidio datafog
	@PYTHONPATH=bench .venv/bin/python -m privacy $(ARGS)

bench-promises: environment ## Whether `lockgate plan` asks for as many rows as it takes; ARGS=--only drift for some
	@.venv/bin/python bench/promises.py $(ARGS)
