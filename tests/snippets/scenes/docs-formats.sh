# with: moto
# A manifest that a cluster's engine can take over.
cat > nuages.toml <<'END'
[providers.secrets]
kind = "aws-ssm"
prefix = "/shop/prod/"
region = "eu-west-1"

[env]
SECRET_KEY = "${secrets://django-secret-key}"
END
printf made-up | nuages put django-secret-key
