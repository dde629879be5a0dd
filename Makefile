# PoseViewer's two commands, `make run` and `make test`, and the chores around them.

ARGS ?=
# The first that works and that the pins are for; else any, and packaging/prepare.py says what is wrong.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null \
	&& echo $$p && exit; done; \
	for p in python3 python; do $$p -c '' 2>/dev/null && echo $$p && exit; done; echo no-python)
PREPARE = $(if $(filter no-python,$(PYTHON)),$(error PoseViewer needs Python 3.11 to 3.14, and none was \
	found: install one (on Debian or Ubuntu: sudo apt-get install python3 python3-venv), or name it: \
	make PYTHON=/path/to/python3.12 ...),$(PYTHON) packaging/prepare.py)
BIN := .venv/bin

.PHONY: help run test fuzz faults lint docs format bench screenshots interop package release clean

help: ## What can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-12s%s\n", $$1, $$2 }' Makefile

run: ## The window on the demo; ARGS="clip.mp4" for something else; HASHES=1 checks every package
	@$(PREPARE) run $(if $(HASHES),--hashes)
	@$(BIN)/python -m poseviewer view --without-display out $(ARGS)

test: ## The whole test suite, offscreen; ARGS goes to pytest
	@$(PREPARE) test
	@QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest --numprocesses auto --dist worksteal $(ARGS)

fuzz: ## Damaged files of every kind for MINUTES= (10); a row for each kind
	@$(PREPARE) test
	@QT_QPA_PLATFORM=offscreen $(BIN)/python -m tests.fuzz.run --minutes $(or $(MINUTES),10) $(ARGS)

faults: ## Faults at random moments, many rounds; ROUNDS=50
	@$(PREPARE) test
	@QT_QPA_PLATFORM=offscreen POSEVIEWER_ROUNDS=$(or $(ROUNDS),50) $(BIN)/python -m pytest \
		tests/faults --numprocesses auto --dist worksteal $(ARGS)

lint: ## Style, types, import contracts, spelling, documentation
	@$(PREPARE) test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32 -p poseviewer
	$(BIN)/mypy --platform darwin --cache-dir .mypy_cache/darwin -p poseviewer
	$(BIN)/lint-imports --no-logo
	$(BIN)/typos
	$(BIN)/pre-commit validate-config
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

docs: ## The documentation, in out/docs; ARGS="serve" shows it while it is written
	@$(PREPARE) test
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs $(or $(ARGS),build) --strict

format: ## Let ruff lay out the code
	@$(PREPARE) test
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: ## Time every hop; ARGS="--json" for a program, ARGS="--compare" for the targets
	@$(PREPARE) run
	@$(BIN)/python -m poseviewer bench $(ARGS)

screenshots: ## The pictures of README and guide, from the real window; ARGS="--clips DIR" for more
	@$(PREPARE) run
	@QT_QPA_PLATFORM=offscreen $(BIN)/python packaging/screenshots.py $(ARGS)

interop: ## Have other programs read every kind of data; ARGS="CLIP"
	@$(PREPARE) test
	@$(BIN)/python tests/interop/run.py $(ARGS)

package: ## A bundle that needs no Python, in dist/; try it with --self-test
	@$(PREPARE) run
	@$(BIN)/python packaging/bundle/build.py $(ARGS)

release: ## Cut a release: VERSION=0.3.0; ARGS="--dry-run" leaves the checkout as it was
	@$(PREPARE) test
	@$(BIN)/python packaging/release/cut.py $(or $(VERSION),$(error VERSION=0.3.0 is missing)) $(ARGS)

clean: ## Remove the environment and everything made
	rm -rf .venv build dist out *.egg-info .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis
