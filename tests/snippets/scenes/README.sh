# with: postgres
# Part 0: the manifest's store is filled, and its database is a real one, to which the name and the port in it lead.
# Part 1: a project that has its secrets in its settings and in `.env`.
if [ "$PART" = 0 ]; then
    cat > store.toml <<'END'
[providers.secrets]
kind = "age"
END
    nuages --manifest store.toml key new
    printf %s "$POSTGRES_APP_PASSWORD" | nuages --manifest store.toml put db-password
    printf %s "$POSTGRES_MIGRATIONS_PASSWORD" | nuages --manifest store.toml put db-migrations-password
    printf made-up-key-of-forty-characters-and-more-1 | nuages --manifest store.toml put django-secret-key
    printf 'made/up' | nuages --manifest store.toml put redis-password
    export SSL_CERT_FILE=$POSTGRES_ROOT_CERT
    export PYTHONPATH=$CHECKOUT/python:$CHECKOUT/tests/snippets/stand-ins/python:$PYTHONPATH
else
    cat >> shop/settings.py <<'END'
SECRET_KEY = "made-up-key-of-forty-characters-and-more-2"
EMAIL_HOST_PASSWORD = os.environ["EMAIL_HOST_PASSWORD"]
END
    printf 'EMAIL_HOST_PASSWORD=made-up\n' > .env
fi
