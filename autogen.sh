#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes configure from configure.ac and runs it with the given options.
set -e
cd "$(dirname "$0")"
autoreconf --install
test -n "$NOCONFIGURE" || ./configure "$@"
