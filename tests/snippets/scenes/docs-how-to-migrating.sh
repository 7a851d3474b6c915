# Settings and an env file as many have them.
cat >> shop/settings.py <<'END'
SECRET_KEY = "made-up-key-of-forty-characters-and-more-2"
EMAIL_HOST_PASSWORD = os.environ["EMAIL_HOST_PASSWORD"]
END
printf 'EMAIL_HOST_PASSWORD=made-up\n' > .env
