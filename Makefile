# Everything runs in .venv, which the first target makes from requirements.lock alone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MEMBERS := contracts chassis services/bot-gateway services/tenant-registry services/jira-actor services/key-vault devstack bridge
MANIFESTS := pyproject.toml $(MEMBERS:%=%/pyproject.toml)
OURS := bridge-contracts bridge-chassis bridge-devstack bridge-cli bot-gateway tenant-registry jira-actor key-vault
CHART_VENV := .venv-chart
HELM3 := build/bin/helm3
CONTROL_PLANE := deploy/k8s/cluster/kubernetes
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help setup demo test bench chaos soak fuzz upgrade-test images image-test chart manifests cluster-test lint format documents lock clean

help: ## Say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

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

upgrade-test: $(VENV)/.ready ## Roll out beside the previous version under load, and back: build/upgrade.json (SHORT=1: two minutes)
	@python -m chaos.upgrade $(if $(SHORT),--short) $(ARGS)

fuzz: $(VENV)/.ready ## Feed every way in with what nobody expects: build/fuzz.json (ten minutes; SHORT=1: one)
	@python -m fuzz $(if $(SHORT),--short) $(ARGS)

chart: $(CHART_VENV)/.ready $(if $(shell command -v go),$(HELM3)) ## Check the chart and the manifests: both Helms, four Kubernetes versions, policies, checkov
	@$(CHART_VENV)/bin/python -m pytest --config-file deploy/k8s/checks/pytest.ini deploy/k8s/checks $(ARGS)

manifests: $(CHART_VENV)/.ready ## Write deploy/k8s/manifests anew from the chart
	@$(CHART_VENV)/bin/python -m deploy.k8s.checks.write_manifests

cluster-test: $(VENV)/.ready build/bin/controlplane $(HELM3) ## Install, upgrade and remove the chart on a real Kubernetes API server: build/cluster.json
	@pytest deploy/k8s/cluster $(ARGS)

images: ## Build all images with docker or podman; bills of materials in build/sbom (deploy/README.md has the options)
	@deploy/images.sh

image-test: $(VENV)/.ready ## Build the images and play the demo's story with them, hardened; needs docker or podman
	@pytest deploy/image_tests $(ARGS)

lint: $(VENV)/.ready ## Check style and types
	ruff check .
	ruff format --check .
	mypy contracts/src chassis/src services/*/src devstack/src bridge/src tests bench chaos fuzz contracts/write_documents.py docs/write_settings.py deploy/k8s/*.py deploy/image_tests deploy/k8s/checks deploy/k8s/cluster

format: $(VENV)/.ready ## Mend what the linter can mend
	ruff check --fix .
	ruff format .

documents: $(VENV)/.ready ## Write anew what is derived from code: schemas, settings.md, the chart's files
	python contracts/write_documents.py
	python docs/write_settings.py
	python -m deploy.k8s.write_documents

lock: $(VENV)/.ready ## Write requirements.lock anew from the members' pyproject files
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  $(OURS:%=--no-emit-package %) --group dev $(MANIFESTS) --output-file requirements.lock
	@deploy/locks/write.sh
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  deploy/k8s/checks.in --output-file deploy/k8s/checks.lock

setup: $(VENV)/.ready ## Make the virtual environment

clean: ## Remove what was made
	rm -rf $(VENV) $(CHART_VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/.ready: requirements.lock $(MANIFESTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Bridge needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 …")'
	@echo "Setting up $(VENV) from requirements.lock (once)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.lock)"
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip sync --quiet --require-hashes requirements.lock
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation $(MEMBERS:%=--editable ./%)
	@touch $@

$(CHART_VENV)/.ready: deploy/k8s/checks.lock | $(VENV)/.ready
	@echo "Setting up $(CHART_VENV) from deploy/k8s/checks.lock (once)"
	@uv venv --quiet --clear --python $(BIN)/python $(CHART_VENV)
	@uv pip sync --quiet --require-hashes --python $(CHART_VENV)/bin/python deploy/k8s/checks.lock
	@touch $@

$(HELM3): deploy/k8s/checks/helm3/go.mod deploy/k8s/checks/helm3/go.sum
	@echo "Building $@ (once; a minute or two)"
	@cd $(<D) && go build -trimpath -mod=readonly -o $(CURDIR)/$@ \
	  -ldflags "-s -w -X helm.sh/helm/v3/internal/version.version=$$(go list -m -f '{{.Version}}' helm.sh/helm/v3)" helm.sh/helm/v3/cmd/helm

build/bin/controlplane: $(CONTROL_PLANE)/go.mod $(CONTROL_PLANE)/go.sum $(CONTROL_PLANE)/main.go $(CONTROL_PLANE)/build
	@command -v go >/dev/null || { echo "make cluster-test needs Go 1.26 or newer" >&2; exit 1; }
	@mkdir -p build/bin
	@echo "Building Kubernetes' control plane (once; a quarter of an hour on two free cores)"
	@$(CONTROL_PLANE)/build build/bin
