# The folder of the example, with what its `run` has made there.
cp -R "$CHECKOUT/examples/quickstart" "$HOME/quickstart"
cd "$HOME/quickstart"
rm -rf .nuages secrets.age db.sqlite3
nuages key new -o .nuages/age.key
for name in django-secret-key payment-key; do
    printf 'made-up-key-of-forty-characters-and-more-%s' "$name" | nuages put "$name"
done
export NEW_KEY=made-up
