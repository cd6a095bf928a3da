#!/bin/sh
# Make a stand-in for the public Python image from Debian's packages, for machines that reach no container registry.
#
#   deploy/image_tests/base.sh podman   (as root; needs debootstrap)
#
#   MIRROR  where Debian's packages come from; by default where this machine's apt has those of the same release
#
# It trusts the authorities that this machine trusts. Images for use are built on the public one.
set -eu
engine=${1:-podman}
image=docker.io/library/python:3.11-slim-bookworm
release=bookworm

known() { # addresses in this machine's sources, in whichever format these are; nothing where apt is not
  # shellcheck disable=SC2016 # apt fills it in
  apt-get indextargets --format '$(REPO_URI)' "Release: $release" 'Component: main' 'Identifier: Packages' || true
}

mirror=${MIRROR:-$(known | head -n 1)}
if [ -z "$mirror" ]; then
  echo "apt knows no source of Debian $release here: run \`apt-get update\`, or name one in MIRROR." >&2
  exit 2
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates "$release" "$root" "$mirror"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' > "$root/etc/pip.conf"
for name in python python3; do
  ln -s /usr/bin/python3 "$root/usr/local/bin/$name"
done
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
tar -C "$root" -c . | "$engine" import --change 'ENV PATH=/usr/local/bin:/usr/bin:/bin' --change 'CMD ["python3"]' - "$image"
