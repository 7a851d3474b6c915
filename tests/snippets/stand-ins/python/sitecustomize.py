"""The server that a page names is the one of the test: its name and its port lead there."""

import os

import psycopg

connect = psycopg.connect


def elsewhere(*arguments, **keywords):
    return connect(*arguments, **{**keywords, "host": "localhost", "port": int(os.environ["POSTGRES_PORT"])})


psycopg.connect = elsewhere
