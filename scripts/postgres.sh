#!/bin/sh
# A PostgreSQL of its own for tests, thrown away afterwards: it listens on a socket in DIR only, and keeps its data there.
#   postgres.sh start DIR     makes and starts it, and prints the address of an empty database
#   postgres.sh restart DIR   ends it as a loss of power would, and starts it again
#   postgres.sh stop DIR      ends it, and removes DIR
# Ends with 3 when PostgreSQL is not installed.
set -eu
umask 077

programs() {
    # Debian keeps them out of the path.
    for initdb in /usr/lib/postgresql/*/bin/initdb "$(command -v initdb 2>/dev/null || true)"; do
        if [ -x "$initdb" ]; then
            dirname "$(readlink -f "$initdb")"
            return 0
        fi
    done
    echo "PostgreSQL is not installed" >&2
    exit 3
}

# PostgreSQL refuses to be run by root.
account=""
if [ "$(id -u)" -eq 0 ]; then
    account=nobody
    if id postgres >/dev/null 2>&1; then account=postgres; fi
fi
as_server() {
    if [ -n "$account" ]; then runuser -u "$account" -- "$@"; else "$@"; fi
}

what=${1:?start, restart or stop}
dir=${2:?a directory}
bin=$(programs)
# The server's account may not be allowed to stand where the caller does.
cd /
case $what in
start)
    mkdir -p "$dir"
    if [ -n "$account" ]; then chown "$account" "$dir"; fi
    as_server "$bin/initdb" --pgdata "$dir/data" --username rejoin --auth trust --encoding UTF8 --locale C.UTF-8 \
        --no-sync >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
    # fsync stays on: the tests are about what survives.
    {
        echo "listen_addresses = ''"
        echo "unix_socket_directories = '$dir'"
        echo "unix_socket_permissions = 0700"
    } >>"$dir/data/postgresql.conf"
    as_server "$bin/pg_ctl" --pgdata "$dir/data" --log "$dir/server.log" -w start >/dev/null ||
        { cat "$dir/server.log" >&2; exit 1; }
    as_server "$bin/createdb" --host "$dir" --username rejoin rejoin
    echo "host=$dir user=rejoin dbname=rejoin"
    ;;
restart)
    as_server "$bin/pg_ctl" --pgdata "$dir/data" --log "$dir/server.log" -m immediate -w restart >/dev/null
    ;;
stop)
    as_server "$bin/pg_ctl" --pgdata "$dir/data" -m immediate -w stop >/dev/null || true
    rm -rf "$dir"
    ;;
*)
    echo "start, restart or stop" >&2
    exit 2
    ;;
esac
