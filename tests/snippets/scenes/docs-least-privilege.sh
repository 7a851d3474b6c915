# with: postgres
# The administrator's login at the server, for `psql`.
PATH=$PATH:$POSTGRES_PROGRAMS
export PGHOST=localhost PGPORT=$POSTGRES_PORT PGUSER=shop_admin PGPASSWORD=$POSTGRES_ADMIN_PASSWORD
export PGSSLMODE=verify-full PGSSLROOTCERT=$POSTGRES_ROOT_CERT
