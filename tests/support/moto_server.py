"""Serves moto on a free port of 127.0.0.1, prints the port, and ends when its standard input does."""

import logging
import os
import re
import sys
import threading

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

# An access key names its account, as `Account` in moto.rs writes it; moto itself would put every key it has not issued
# into one account.
ACCESS_KEY = re.compile(r"Credential=AKIA(\d{12})TEST/")


def by_account(application):
    def answer(environ, start_response):
        key = ACCESS_KEY.search(environ.get("HTTP_AUTHORIZATION", ""))
        if key:
            environ.setdefault("HTTP_X_MOTO_ACCOUNT_ID", key.group(1))
        return application(environ, start_response)

    return answer


def main():
    # One line a request would drown what a test says.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server(
        "127.0.0.1",
        0,
        by_account(application),
        threaded=True,
        request_handler=MotoRequestHandler,
    )
    # Moto sends requests to itself at times.
    os.environ["MOTO_PORT"] = str(server.port)
    # Loading a service takes a second or two, which no request is to pay: some tests measure time.
    for service in ("ssm", "secretsmanager", "sts", "iam", "kms"):
        application.app_instances[service] = create_backend_app(service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.port, flush=True)
    # The pipe closes when the test process ends, however it ends.
    sys.stdin.buffer.read()
    os._exit(0)


main()
