# shellcheck shell=bash
# A PostgreSQL server for an example: TLS alone, with a certificate authority of its own, and passwords by SCRAM. Whoever runs
# the example comes in as `postgres` without one, through a socket in the private directory. common.sh comes first.

# The directory of PostgreSQL's programs: the one on PATH, or the newest of Debian's, which are not on it.
need_postgres() {
    local program directories directory
    program=$(readlink -f -- "$(command -v initdb)" || true)
    directories=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV)
    postgres_bin=
    for directory in ${program:+"${program%/*}"} $directories; do
        if [[ -x $directory/initdb && -x $directory/pg_ctl && -x $directory/psql ]]; then
            postgres_bin=$directory
            break
        fi
    done
    if [[ -z $postgres_bin ]]; then
        say "PostgreSQL's server programs are missing (apt-get install postgresql)"
        return 1
    fi
    if [[ $EUID == 0 ]] && ! id -u postgres >/dev/null 2>&1; then
        say "PostgreSQL does not run as root, and there is no user \`postgres\` to run it (apt-get install postgresql)"
        return 1
    fi
}

# PostgreSQL refuses to run as root.
as_postgres() {
    if [[ $EUID == 0 ]]; then
        (cd / && exec runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

stop_postgres() {
    local data
    for data in "$postgres"/*/; do
        if [[ -e $data/postmaster.pid ]]; then # what it has is removed next
            as_postgres "$postgres_bin/pg_ctl" --pgdata "$data" --mode immediate --silent stop
        fi
    done
}

# Starts the server of a directory on a free port, which another program may take between the choice and the start.
start_on_a_free_port() { # DATA; sets `port`
    local i
    for ((i = 0; i < 5; i++)); do
        port=$(free_port)
        if as_postgres "$postgres_bin/pg_ctl" --pgdata "$1" --log "$1.log" --options "-p $port" --silent --wait start; then
            return
        fi
    done
    cat "$1.log" >&2
    return 1
}

start_postgres() {
    local data port
    postgres=$DEPLOYMENT/postgres
    data=$postgres/data
    PATH=$postgres_bin:$PATH
    certify localhost
    mkdir "$postgres"
    cp "$DEPLOYMENT"/tls/server.{pem,key} "$postgres"
    if [[ $EUID == 0 ]]; then
        chmod 711 "$DEPLOYMENT" # to pass through, not to look
        chown -R postgres "$postgres"
    fi
    endings+=(stop_postgres)
    as_postgres "$postgres_bin/initdb" --pgdata "$data" --username postgres --encoding UTF8 --locale C \
        --auth reject --wal-segsize 1 --no-sync >"$DEPLOYMENT/initdb.log"
    cat >>"$data/postgresql.conf" <<END
listen_addresses = '127.0.0.1'
unix_socket_directories = '$postgres'
ssl = on
ssl_cert_file = '$postgres/server.pem'
ssl_key_file = '$postgres/server.key'
password_encryption = 'scram-sha-256'
END
    cat >"$data/pg_hba.conf" <<'END'
local     all          postgres  peer map=owner
local     replication  postgres  peer map=owner
hostssl   all          all       127.0.0.1/32  scram-sha-256
END
    { # whoever runs the example, and whoever runs the server
        echo "owner $(id -un) postgres"
        [[ $EUID != 0 ]] || echo "owner postgres postgres"
    } >"$data/pg_ident.conf"
    start_on_a_free_port "$data"
    export DB_HOST=localhost DB_PORT=$port
    export ADMIN_DATABASE="host=$postgres port=$port user=postgres dbname=postgres"
}

# A second server that follows the first and takes no writes of its own: `DB_REPLICA_PORT`.
start_replica() {
    local data=$postgres/replica port
    as_postgres "$postgres_bin/pg_basebackup" --dbname "$ADMIN_DATABASE" --pgdata "$data" --write-recovery-conf \
        --checkpoint fast --no-sync
    start_on_a_free_port "$data"
    export DB_REPLICA_PORT=$port
}

# Waits until the second server has what the first has now.
wait_for_replica() {
    local now
    now=$(as_admin --tuples-only --no-align --command 'SELECT pg_current_wal_lsn()')
    until [[ $(psql --no-psqlrc --tuples-only --no-align "${ADMIN_DATABASE/port=$DB_PORT/port=$DB_REPLICA_PORT}" \
        --command "SELECT pg_last_wal_replay_lsn() >= '$now'") == t ]]; do
        sleep 0.05
    done
}

# SQL by the administrator.
as_admin() { # psql's options…
    psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 "$@" "$ADMIN_DATABASE"
}
