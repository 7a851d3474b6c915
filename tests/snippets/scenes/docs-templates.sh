# The templates that the page names.
cat > nuages.toml <<'END'
[providers.secrets]
kind = "dotenv"
END
printf 'PROXY_KEY=made-up\nDB_PASSWORD=made-up-too\n' > .env
mkdir deploy run
cat > deploy/nginx.conf.j2 <<'END'
proxy_set_header Authorization {{ secrets("proxy-key") }};
END
cat > deploy/shop.ini.j2 <<'END'
[shop]
password = {{ secrets("db-password") }}
END
export RUNTIME_DIRECTORY=$HOME/run
mkdir "$RUNTIME_DIRECTORY"
