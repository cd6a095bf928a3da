# Everything runs in .venv, which the first target makes from requirements.lock alone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MEMBERS := contracts chassis services/bot-gateway services/tenant-registry services/jira-actor services/key-vault devstack bridge
MANIFESTS := pyproject.toml $(MEMBERS:%=%/pyproject.toml)
OURS := bridge-contracts bridge-chassis bridge-devstack bridge-cli bot-gateway tenant-registry jira-actor key-vault
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help setup demo test bench chaos soak fuzz lint format documents lock clean

help: ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: $(VENV)/.ready ## Play the whole story on this machine; KEEP=1 leaves it running to play with
	@bridge demo $(if $(KEEP),--keep)

test: $(VENV)/.ready ## Run every test that needs no Docker, on a real Apache Kafka too where Java and Maven are
	@pytest $(ARGS)

bench: $(VENV)/.ready ## Measure speed and memory beside the best known: build/bench.json (SHORT=1: two minutes)
	@python -m bench $(if $(SHORT),--short) $(ARGS)

chaos: $(VENV)/.ready ## Break things under load, on a real Apache Kafka: build/chaos.json (SHORT=1, LONG=1)
	@python -m chaos $(if $(SHORT),--short) $(if $(LONG),--long) $(ARGS)

soak: $(VENV)/.ready ## Watch memory, files and tasks under load for MINUTES (60): build/soak.json
	@python -m chaos.soak --minutes $(or $(MINUTES),60)

fuzz: $(VENV)/.ready ## Feed every way in with what nobody expects: build/fuzz.json (SHORT=1: a few hundred cases)
	@python -m fuzz $(if $(SHORT),--short) $(ARGS)

lint: $(VENV)/.ready ## Check style and types
	ruff check .
	ruff format --check .
	mypy contracts/src chassis/src services/*/src devstack/src bridge/src tests bench chaos fuzz contracts/write_documents.py docs/write_settings.py

format: $(VENV)/.ready ## Mend what the linter can mend
	ruff check --fix .
	ruff format .

documents: $(VENV)/.ready ## Write anew what is derived from code: schemas, asyncapi.yaml, settings.md
	python contracts/write_documents.py
	python docs/write_settings.py

lock: $(VENV)/.ready ## Write requirements.lock anew from the members' pyproject files
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  $(OURS:%=--no-emit-package %) --group dev $(MANIFESTS) --output-file requirements.lock

setup: $(VENV)/.ready ## Make the virtual environment

clean: ## Remove what was made
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/.ready: requirements.lock $(MANIFESTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Bridge needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 …")'
	@echo "Setting up $(VENV) from requirements.lock (once)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.lock)"
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip sync --quiet --require-hashes requirements.lock
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation $(MEMBERS:%=--editable ./%)
	@touch $@
