#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Stands for a job: keeps a copy of what is in the state directory of another one.
set -eu
cp -a "${1:?what to keep}" "$STATE_DIRECTORY/$(date +%s.%N)"
echo "kept $1"
