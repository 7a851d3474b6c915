# The folder of the example, on a laptop.
cp -R "$CHECKOUT/examples/ci" "$HOME/ci"
cd "$HOME/ci"
cat > .env <<'END'
DATABASE_URL=sqlite:///db.sqlite3
DJANGO_SECRET_KEY=made-up-key-of-forty-characters-and-more-4
PAYMENT_KEY=made-up-key-of-payments
END
