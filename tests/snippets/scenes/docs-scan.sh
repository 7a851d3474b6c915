# A branch that brings something, with a store that can be written. Part 1: a project with a secret in its settings.
nuages key new
cat > nuages.toml <<'END'
[providers.secrets]
kind = "age"

[scan]
key = "${secrets://scan-key}"

[env]
API_KEY = { value = "${secrets://api-key}", optional = true }
END
printf made-up-key-of-the-api | nuages put api-key
git update-ref refs/remotes/origin/main HEAD
git add nuages.toml secrets.age
git commit --quiet --message "A manifest"
if [ "$PART" = 1 ]; then
    printf 'key-of-scans-made-up-for-this' | nuages put scan-key
    printf 'EMAIL_HOST_PASSWORD = "zT4vLq81-made-up"\n' >> shop/settings.py
fi
