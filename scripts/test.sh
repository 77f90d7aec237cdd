#!/bin/sh
# Passes all tests on a fresh Debian machine with rustup: installs what they need when it is missing, starts a PostgreSQL
# of their own, then runs formatting, lints, the walls, every test and the documentation (`cargo xtask test`).
set -eu
cd "$(dirname "$0")/.."

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# SQLite and zstd are built from C, and Rust links with cc; git lists the files that tidy looks at.
missing=""
command -v cc >/dev/null 2>&1 || missing="$missing gcc libc6-dev"
command -v git >/dev/null 2>&1 || missing="$missing git"
initdb=$(command -v initdb || ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null || true)
[ -n "$initdb" ] || missing="$missing postgresql"
# The web application is tested in a real browser.
command -v chromedriver >/dev/null 2>&1 || missing="$missing chromium chromium-driver"
if [ -n "$missing" ]; then
    as_root apt-get update
    # shellcheck disable=SC2086 # a list of packages
    as_root apt-get install -y --no-install-recommends $missing
fi
cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
cargo clippy --version >/dev/null 2>&1 || rustup component add clippy

# A database of one's own can be given instead.
if [ -z "${REJOIN_TEST_DATABASE_URL:-}" ]; then
    cluster=$(mktemp -d)
    trap 'sh scripts/postgres.sh stop "$cluster"' EXIT
    trap 'exit 130' INT TERM
    REJOIN_TEST_DATABASE_URL=$(sh scripts/postgres.sh start "$cluster")
    export REJOIN_TEST_DATABASE_URL
fi

cargo xtask test
