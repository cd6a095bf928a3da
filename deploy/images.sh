#!/bin/sh
# Build the images and write the bill of materials of each to build/sbom (run by `make images`).
#
#   ENGINE         docker or podman; by default the one that answers
#   BASE           the image they stand on; Debian's or python.org's Python, 3.11 or newer
#   REPOSITORY     before the name of each, with a registry if it is to be pushed: registry.example.com/bridge
#   TAG            their tag; by default the project's version
#   SERVICES       which of them; by default all
#   BUILD_OPTIONS  further options of the engine's build command: --no-cache, --platform linux/arm64
set -eu
cd "$(dirname "$0")/.."

version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
repository=${REPOSITORY:-bridge}
tag=${TAG:-$version}
services=${SERVICES:-bot-gateway tenant-registry jira-actor key-vault cli}

engine() {
  for candidate in ${ENGINE:-docker podman}; do
    if command -v "$candidate" >/dev/null && "$candidate" info >/dev/null 2>&1; then
      echo "$candidate"
      return
    fi
  done
  echo "Images need docker or podman, and neither answers here: see what \`docker info\` says." >&2
  return 1
}

engine=$(engine)
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
[ -z "$(git status --porcelain 2>/dev/null)" ] || revision="$revision-changed"
created=$(git log -1 --format=%cI 2>/dev/null || echo 1970-01-01T00:00:00Z)
mkdir -p build/sbom

for service in $services; do
  if [ ! -f "deploy/locks/$service.lock" ]; then
    echo "There is no image $service. SERVICES may name bot-gateway, tenant-registry, jira-actor, key-vault and cli." >&2
    exit 2
  fi
  image="$repository/$service:$tag"
  echo "Building $image"
  # shellcheck disable=SC2086 # the options are words
  DOCKER_BUILDKIT=1 "$engine" build --file deploy/Dockerfile --tag "$image" ${BASE:+--build-arg BASE="$BASE"} \
    --build-arg SERVICE="$service" --build-arg VERSION="$version" --build-arg REVISION="$revision" \
    --build-arg CREATED="$created" ${BUILD_OPTIONS:-} .
  container=$("$engine" create "$image")
  "$engine" cp "$container:/opt/bridge/sbom.cdx.json" "build/sbom/$service.cdx.json"
  "$engine" rm "$container" >/dev/null
done
