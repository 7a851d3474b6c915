# The shop: Django behind gunicorn, started by nuages. There is no secret in any layer, build argument or variable of the image.
# Built from this folder: docker build -t shop -f app.Dockerfile .
ARG NUAGES=nuages
FROM ${NUAGES} AS nuages

FROM python:3.13-slim-bookworm AS packages
WORKDIR /packages
RUN python -m venv /opt/venv
COPY requirements.txt .
RUN /opt/venv/bin/pip install --no-cache-dir --require-virtualenv -r requirements.txt

FROM python:3.13-slim-bookworm
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY --from=packages /opt/venv /opt/venv
COPY --from=nuages /nuages /usr/local/bin/nuages
WORKDIR /app
COPY . .
# Static files need neither a database nor a key. What is empty here is in this step alone.
RUN DATABASES='{}' SECRET_KEY='' python manage.py collectstatic --no-input

# By number, so that Kubernetes sees that it is not root. It owns no file here, and the root may be read-only.
USER 10001:10001
EXPOSE 8000
# Docker waits 10 seconds after TERM unless it is told to wait longer; gunicorn has 25 for what it is answering.
ENTRYPOINT ["nuages", "exec", "--supervise", "--kill-after", "25", "--"]
CMD ["gunicorn", "shop.wsgi"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["nuages", "status", "--quiet"]
