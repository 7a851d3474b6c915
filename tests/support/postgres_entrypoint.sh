#!/bin/bash
# What the official image of PostgreSQL does at a first start, in short: initdb with the password from its file, then a server on
# a socket alone for what is in /docker-entrypoint-initdb.d.
set -euo pipefail
PATH=$(echo /usr/lib/postgresql/*/bin):$PATH
if [[ ! -s $PGDATA/PG_VERSION ]]; then
    initdb --pgdata "$PGDATA" --username postgres --pwfile "$POSTGRES_PASSWORD_FILE" \
        --auth-local trust --auth-host scram-sha-256 --no-sync
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    pg_ctl --pgdata "$PGDATA" --options "$(printf '%q ' "${@:2}") -c listen_addresses=''" --wait start
    for file in /docker-entrypoint-initdb.d/*; do
        case $file in
        *.sh) if [[ -x $file ]]; then "$file"; else . "$file"; fi ;;
        *.sql) psql -v ON_ERROR_STOP=1 --no-psqlrc --username postgres --file "$file" ;;
        esac
    done
    pg_ctl --pgdata "$PGDATA" --mode fast --wait stop
fi
exec "$@"
