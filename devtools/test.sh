#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# devtools/test.sh [BUILD_DIR]: installs what is missing, builds, runs every test, and ends with the line
# "N passed, N failed, N skipped". Exit status 1 if anything failed. BUILD_DIR is build-test by default.
# PKTS_TEST_ARGS holds further arguments for meson test.
set -eu
case ${1:-} in
-h | --help) exec sed -n '4,6s/^# *//p' "$0" ;;
esac
cd "$(dirname "$0")/.."
dir=${1:-build-test}

devtools/deps.sh build test
[ -f "$dir/build.ninja" ] || meson setup "$dir" -Dtests=true
ninja -C "$dir"

rm -f "$dir/meson-logs/testlog.json"
status=0
# shellcheck disable=SC2086 # several arguments
meson test -C "$dir" --no-rebuild --print-errorlogs ${PKTS_TEST_ARGS:-} </dev/null || status=$?
devtools/count-tests "$dir/meson-logs/testlog.json" "$status"
