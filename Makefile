# Everything runs in .venv, which the first target makes from requirements.lock alone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MEMBERS := contracts chassis services/bot-gateway services/tenant-registry services/jira-actor services/key-vault devstack bridge
MANIFESTS := pyproject.toml $(MEMBERS:%=%/pyproject.toml)
OURS := bridge-contracts bridge-chassis bridge-devstack bridge-cli bot-gateway tenant-registry jira-actor key-vault

.PHONY: demo test lint lock clean

$(VENV)/.ready: requirements.lock $(MANIFESTS)
	@echo "Setting up $(VENV) (once)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Bridge needs Python 3.11 or newer; call make PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.lock)"
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip sync --quiet --require-hashes requirements.lock
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation $(MEMBERS:%=--editable ./%)
	@touch $@

lock: ## Write requirements.lock anew from the members' pyproject files
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  $(OURS:%=--no-emit-package %) --group dev $(MANIFESTS) --output-file requirements.lock
