# A supervisor that keeps one value fresh, and an audit log that it writes.
printf 'DB_PASSWORD=made-up\n' > .env
cat > nuages.toml <<'END'
[providers.secrets]
kind = "dotenv"
refresh = "5m"

[env]
DB_PASSWORD = "${secrets://db-password}"

[profiles.prod.env]
DEBUG = false

[audit]
path = "audit.jsonl"
END
export NUAGES_PROFILE=prod
set -m
nuages exec --supervise -- sleep 600 &
servers+=("$!")
set +m
until nuages status -q; do sleep 0.1; done
