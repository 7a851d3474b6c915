"""Runs SQL as a login and tells what came of it: the rows of the last statement that gave any, or the server's error."""

import json
import sys

task = json.load(sys.stdin)
login, sql = task["login"], task["sql"]
rows = []


def told(code, message):
    json.dump({"error": code, "message": message, "rows": rows}, sys.stdout, default=str)
    sys.exit()


if task["engine"] == "postgresql":
    import psycopg

    try:
        with psycopg.connect(autocommit=True, **login) as connection:
            cursor = connection.execute(sql)
            while True:
                if cursor.description:
                    rows = cursor.fetchall()
                if not cursor.nextset():
                    break
    except psycopg.Error as error:
        told(error.sqlstate or "connection", str(error))
else:
    import MySQLdb

    try:
        connection = MySQLdb.connect(**login)
        cursor = connection.cursor()
        cursor.execute(sql)
        while True:
            if cursor.description:
                rows = cursor.fetchall()
            if cursor.nextset() is None:
                break
        connection.commit()
    except MySQLdb.Error as error:
        told(str(error.args[0]), str(error.args[1:]))
told(None, "")
