# The package is that of this checkout; the settings at the top of the page have a manifest as the tutorial leaves it.
cat > nuages.toml <<'END'
[databases.default]
ENGINE = "sqlite3"
NAME = "shop.sqlite3"

[env]
SECRET_KEY = "${env://SHOP_SECRET_KEY}"
END
export SHOP_SECRET_KEY=made-up-key-of-forty-characters-and-more-3 DB_PASSWORD=made-up
export PYTHONPATH=$CHECKOUT/python:$PYTHONPATH
