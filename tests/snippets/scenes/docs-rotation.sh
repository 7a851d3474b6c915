# with: azure, moto
# A password, and a key with two earlier versions.
cat > store.toml <<'END'
[providers.secrets]
kind = "aws-ssm"
prefix = "/shop/prod/"
END
for version in 1 2 3; do
    printf 'made-up-key-of-forty-characters-and-more-%s' "$version" |
        nuages --manifest store.toml put --overwrite django-secret-key
done
printf made-up | nuages --manifest store.toml put db-password
