"""Changes a login's password over its own connection; `cut` ends its other connections instead."""

import json
import sys

login = json.load(sys.stdin)
task, engine = sys.argv[1:]
if engine == "postgresql":
    import psycopg

    with psycopg.connect(autocommit=True, **login) as connection:
        if task == "cut":
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = current_user AND pid <> pg_backend_pid()"
            )
        else:
            from psycopg import sql

            change = sql.SQL("ALTER ROLE {} PASSWORD {}")
            connection.execute(change.format(sql.Identifier(login["user"]), sql.Literal(task)))
else:
    import MySQLdb

    connection = MySQLdb.connect(**login)
    cursor = connection.cursor()
    if task == "cut":
        cursor.execute("SELECT id FROM information_schema.processlist WHERE id <> connection_id()")
        for (number,) in cursor.fetchall():
            cursor.execute(f"KILL {number}")
    else:
        cursor.execute("SET PASSWORD = PASSWORD(%s)", (task,))
