# with: postgres
# The administrator's login at the server; a store that has the password of today, and a supervisor that reads it.
PATH=$PATH:$POSTGRES_PROGRAMS
export PGHOST=localhost PGPORT=$POSTGRES_PORT PGUSER=shop_admin PGPASSWORD=$POSTGRES_ADMIN_PASSWORD
export PGSSLMODE=verify-full PGSSLROOTCERT=$POSTGRES_ROOT_CERT
cat > nuages.toml <<'END'
[providers.secrets]
kind = "age"
END
nuages key new
printf %s "$POSTGRES_APP_PASSWORD" | nuages put db-password
printf '\n[env]\nDB_PASSWORD = "${secrets://db-password}"\n' >> nuages.toml
set -m
nuages exec --supervise -- sleep 600 &
servers+=("$!")
set +m
until nuages status -q; do sleep 0.1; done
