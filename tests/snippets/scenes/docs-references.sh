# with: moto
# What the reference leads to.
cat > store.toml <<'END'
[providers.secrets]
kind = "aws-ssm"
END
printf made-up | nuages --manifest store.toml put /shop/db-password
