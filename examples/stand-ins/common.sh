# shellcheck shell=bash
# What runs of the examples have in common: a Python environment, a nuages, and a private directory that is gone at the end with
# all that was started there. A `run` sets `here`, its own folder, and reads this in; what stays is under target/ of the checkout.
#   NUAGES_BIN       a nuages that is built already; without it, one is built here

name=${here##*/}
root=$(cd -- "$here/../.." && pwd)
mkdir -p "$root/target"
target=$(cd -- "$root/target" && pwd -P)
nuages_bin=${NUAGES_BIN:+$(realpath -- "$NUAGES_BIN")}
endings=()  # functions to call first

say() { echo "$name: $*" >&2; }

find_python() {
    local candidate
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
        if "$candidate" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    say "Django needs Python 3.10 or newer with its venv module (apt-get install python3-venv)"
    return 1
}

# An environment with the example's requirements. Examples that require the same may name the same one.
python_environment() { # NAME
    local requirements python
    venv=$target/$1
    requirements=$(cat "$here"/requirements*.txt)
    if [[ $(cat "$venv/complete" 2>/dev/null) != "$requirements" ]]; then
        python=$(find_python)
        say "installing Django and what the example takes besides"
        "$python" -m venv --clear "$venv"
        "$venv/bin/python" -m pip install --quiet --no-cache-dir --disable-pip-version-check \
            -r "$here/requirements.txt" -r "$here/requirements-stand-ins.txt"
        echo "$requirements" >"$venv/complete"
    fi
    PATH=$venv/bin:$PATH
}

need_cargo() {
    if [[ -z $nuages_bin ]] && ! command -v cargo >/dev/null; then
        say "building nuages needs Rust (https://rustup.rs), or NUAGES_BIN names one that is built"
        return 1
    fi
}

build_nuages() {
    if [[ -z $nuages_bin ]]; then
        say "building nuages"
        cargo build --quiet --manifest-path "$root/Cargo.toml" --target-dir "$root/target" --features provider-aws
        nuages_bin=$root/target/debug/nuages
    fi
}

# A private directory for all that runs, `DEPLOYMENT`, which ends with the run however that comes. Nothing of the caller's own
# projects, databases or cloud is to be reached from it.
open_deployment() {
    unset ${!AWS_@} ${!PG@} ${!NUAGES_@} ${!DB_@} DJANGO_SETTINGS_MODULE DATABASES SECRET_KEY
    export NO_PROXY=localhost,127.0.0.1 no_proxy=localhost,127.0.0.1 PYTHONDONTWRITEBYTECODE=1
    umask 077
    export DEPLOYMENT
    DEPLOYMENT=$(mktemp -d -t "$name.XXXXXX")
    trap close_deployment EXIT
    mkdir "$DEPLOYMENT/bin"
    ln -s -- "$nuages_bin" "$DEPLOYMENT/bin/nuages"
    PATH=$DEPLOYMENT/bin:$PATH
    # The manifest of this deployment: what it names beside itself, stores and keys, lies in the private directory.
    export NUAGES_MANIFEST=$DEPLOYMENT/nuages.toml
    cp -- "$here/nuages.toml" "$NUAGES_MANIFEST"
    cd -- "$here"
}

# Ends a process of ours, and waits for it. It is asked again while it lives: bash loses a signal that reaches what it has
# started before that is a program of its own.
end() { # PID
    local tenths
    for ((tenths = 0; ; tenths++)); do
        if ((tenths % 50 == 0)); then
            kill -TERM "$1" 2>/dev/null || break
        fi
        kill -0 "$1" 2>/dev/null || break
        sleep 0.1
    done
    wait "$1" 2>/dev/null
}

close_deployment() {
    local status=$? ending child
    trap '' HUP INT TERM
    set +e
    # By bash's own list, the last one first: a signal may come before this script has written down what it has just started.
    for child in $(jobs -p | tac); do
        end "$child"
    done
    for ending in "${endings[@]}"; do
        "$ending"
    done
    rm -rf -- "$DEPLOYMENT"
    say "everything is stopped and removed"
    exit "$status"
}

# Waits until the server PID writes "WORDS http://…" to its LOG, and prints that address; or shows the log, if it does not.
said() { # PID LOG WORDS
    local address i
    for ((i = 0; i < 600; i++)); do
        address=$(sed -n "s|.*$3:* \(http://[0-9.:]*\).*|\1|p" "$2" | tail -n 1)
        if [[ -n $address ]]; then
            echo "$address"
            return
        fi
        kill -0 "$1" 2>/dev/null || break
        sleep 0.1
    done
    cat "$2" >&2
    return 1
}

free_port() {
    python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# A certificate authority, client.pem, and a certificate of it for NAME, server.pem with server.key.
certify() { # NAME
    mkdir "$DEPLOYMENT/tls"
    python -m trustme --quiet --identities "$1" --dir "$DEPLOYMENT/tls"
    export DB_ROOT_CERT=$DEPLOYMENT/tls/client.pem
}

# Starts a command that serves the shop, and waits for the address that gunicorn writes: SHOP_URL, for `page`.
start_shop() { # COMMAND…
    : >"$DEPLOYMENT/gunicorn.log"
    "$@" >>"$DEPLOYMENT/gunicorn.log" 2>&1 &
    shop=$!
    SHOP_URL=$(said "$shop" "$DEPLOYMENT/gunicorn.log" 'Listening at')
    export SHOP_URL
}

stop_shop() {
    end "$shop" || true
}

page() {
    if ! python -c 'import sys, urllib.request as web; print(web.urlopen(sys.argv[1], timeout=60).read().decode(), end="")' \
        "$SHOP_URL"; then
        cat "$DEPLOYMENT/gunicorn.log" >&2
        return 1
    fi
}
