# A fresh checkout that has the example alone.
mkdir -p "$HOME/checkout/examples"
cp -R "$CHECKOUT/examples/templates" "$HOME/checkout/examples/templates"
cd "$HOME/checkout"
rm -f examples/templates/.env
NUAGES_BIN=$(command -v nuages)
export NUAGES_BIN
