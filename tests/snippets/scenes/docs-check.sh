# with: postgres
# A deployment with a profile for production, whose database is a real one.
cat > nuages.toml <<END
[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "localhost"
PORT = $POSTGRES_PORT
USER = "shop_app"
PASSWORD = "\${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "$POSTGRES_ROOT_CERT" }

[env]
SECRET_KEY = "\${env://DJANGO_SECRET_KEY}"

[profiles.prod.databases.default]
CONN_MAX_AGE = 60
END
export DB_PASSWORD=$POSTGRES_APP_PASSWORD
export DJANGO_SECRET_KEY='made-up_key-of-sixty-characters-and-more.3=ZpQx7Lw2Rk9Tn4Vb8Ys1'
