#!/bin/sh
# Make a stand-in for the public Python image from Debian's packages, for machines that reach no container registry.
#
#   deploy/image_tests/base.sh podman   (as root; needs debootstrap)
#
# It trusts the authorities that this machine trusts. Images for use are built on the public one.
set -eu
engine=${1:-podman}
image=docker.io/library/python:3.11-slim-bookworm
mirror=${MIRROR:-http://deb.debian.org/debian}

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$root" "$mirror"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' > "$root/etc/pip.conf"
for name in python python3; do
  ln -s /usr/bin/python3 "$root/usr/local/bin/$name"
done
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
tar -C "$root" -c . | "$engine" import --change 'ENV PATH=/usr/local/bin:/usr/bin:/bin' --change 'CMD ["python3"]' - "$image"
