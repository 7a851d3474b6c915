# What the Dockerfile copies.
printf 'django\ngunicorn\nnuages\n' > requirements.txt
