#!/bin/sh
# Makes configure and the other generated build files (needs autoconf, automake, libtool, autoconf-archive, pkg-config).
set -e
cd "$(dirname "$0")"
mkdir -p m4 build-aux
exec autoreconf --force --install
