# shellcheck shell=bash
# A MariaDB server for an example: TLS with a certificate authority of its own, and logins that a program of the example decides
# about. Whoever runs the example comes in as administrator through a socket in the private directory. common.sh comes first.

# The server, its plugin for PAM, its library, and what mysqlclient is built with.
need_mariadb() {
    local program directory
    program=$(command -v mariadbd || echo /usr/sbin/mariadbd)
    program=$(readlink -f -- "$program" || true)
    mariadb_base=${program%/sbin/mariadbd}
    mariadb_plugins=
    for directory in "$mariadb_base"/lib*/{mysql,mariadb}/plugin; do
        [[ ! -e $directory/auth_pam.so ]] || mariadb_plugins=$directory
    done
    if [[ ! -x $program || -z $mariadb_plugins ]]; then
        say "MariaDB's server is missing (apt-get install mariadb-server)"
        return 1
    fi
    if [[ -z ${MYSQLCLIENT_LDFLAGS:-} ]] && ! pkg-config --exists libmariadb 2>/dev/null; then
        say "mysqlclient is built here, and needs MariaDB's library (apt-get install libmariadb-dev pkg-config gcc python3-dev)"
        return 1
    fi
}

# `mariadbd` with what any way of starting it takes.
mariadb_server() { # OPTIONS…
    exec "$mariadb_base/sbin/mariadbd" --no-defaults --basedir="$mariadb_base" --datadir="$mariadb/data" --tmpdir="$mariadb" \
        --lc-messages-dir="$mariadb_base/share/mysql" --innodb-log-file-size=4M "${mariadb_user[@]}" "$@"
}

# Starts the server on a free port, `DB_PORT`, with logins by a PROGRAM, which is run for each, with the
# port as its last argument, in place of the plugin's own helper.
start_mariadb() { # PROGRAM…
    local i file
    mariadb=$DEPLOYMENT/mariadb
    mariadb_user=()
    [[ $EUID != 0 ]] || mariadb_user=(--user=root)
    certify 127.0.0.1
    mkdir -p "$mariadb/data" "$mariadb/plugins/auth_pam_tool_dir"
    ln -s -- "$mariadb_plugins/auth_pam.so" "$mariadb/plugins/"
    if ! {
        printf '%s;\n' 'CREATE DATABASE mysql' 'USE mysql' "SET @auth_root_socket='$(id -un)'"
        for file in mysql_system_tables mysql_performance_tables mysql_system_tables_data; do
            cat "$mariadb_base/share/mysql/$file.sql"
        done
    } | mariadb_server --bootstrap >"$DEPLOYMENT/mariadb.log" 2>&1; then
        cat "$DEPLOYMENT/mariadb.log" >&2
        return 1
    fi

    # Another program may take the port between the choice and the start.
    for ((i = 0; i < 5; i++)); do
        DB_PORT=$(free_port)
        export DB_PORT
        printf '#!/bin/sh\nexec%s\n' "$(printf ' %q' "$@" "$DB_PORT")" >"$mariadb/plugins/auth_pam_tool_dir/auth_pam_tool"
        chmod 700 "$mariadb/plugins/auth_pam_tool_dir/auth_pam_tool"
        mariadb_server --bind-address=127.0.0.1 --skip-name-resolve --port="$DB_PORT" --socket="$mariadb/socket" --plugin-dir="$mariadb/plugins" \
            --plugin-load-add=auth_pam --pam-use-cleartext-plugin=ON --plugin-maturity=gamma \
            --ssl-cert="$DEPLOYMENT/tls/server.pem" --ssl-key="$DEPLOYMENT/tls/server.key" >>"$DEPLOYMENT/mariadb.log" 2>&1 &
        if wait_for_mariadb $!; then
            return
        fi
    done
    cat "$DEPLOYMENT/mariadb.log" >&2
    return 1
}

wait_for_mariadb() { # PID
    while kill -0 "$1" 2>/dev/null; do
        if [[ -S $mariadb/socket ]] && as_admin <<<'SELECT 1' 2>/dev/null; then
            return
        fi
        sleep 0.1
    done
    return 1
}

# SQL from standard input by the administrator: the server knows whoever made it by the socket.
as_admin() {
    python -c '
import os
import pwd
import sys
import MySQLdb
from MySQLdb.constants import CLIENT

server = MySQLdb.connect(unix_socket=sys.argv[1], user=pwd.getpwuid(os.getuid()).pw_name, client_flag=CLIENT.MULTI_STATEMENTS)
cursor = server.cursor()
cursor.execute(sys.stdin.read())
while cursor.nextset():
    pass
server.commit()' "$mariadb/socket"
}
