# The package is that of this checkout; the store is what its manifest reads.
printf 'DB_PASSWORD=made-up\nDJANGO_SECRET_KEY=made-up-key-of-forty-characters-and-more-4\n' > .env
printf '.env\n' >> .gitignore
export PYTHONPATH=$CHECKOUT/python:$PYTHONPATH
