#!/bin/sh
# Write the locks of the images anew (run by `make lock`): what each member needs, at the versions of requirements.lock.
set -eu
cd "$(dirname "$0")/../.."

lock() { # name of the lock, then what it is for
  name=$1
  shift
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
    --constraint requirements.lock --no-emit-package bridge-contracts --no-emit-package bridge-chassis \
    --output-file "deploy/locks/$name.lock" "$@"
}

lock build deploy/locks/build.in
for service in bot-gateway tenant-registry jira-actor key-vault; do
  lock "$service" contracts/pyproject.toml chassis/pyproject.toml "services/$service/pyproject.toml"
done
lock cli contracts/pyproject.toml chassis/pyproject.toml bridge/pyproject.toml
