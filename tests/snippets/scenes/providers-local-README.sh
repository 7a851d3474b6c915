# A store with one value.
cat > store.toml <<'END'
[providers.secrets]
kind = "age"
END
nuages --manifest store.toml key new
printf made-up | nuages --manifest store.toml put db-password
