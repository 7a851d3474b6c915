"""`manage.py dbshell`: sqlcmd gets the password by a variable, which others cannot see, unlike its arguments."""

import os
import subprocess

from mssql.client import DatabaseClient as MssqlClient

from ..files import read


class DatabaseClient(MssqlClient):
    def runshell(self, parameters=()):
        settings = dict(self.connection.settings_dict)
        path = settings["PASSWORD"]
        password = read(path) if path and "TOKEN" not in settings else ""
        settings["PASSWORD"] = ""
        args = self.settings_to_cmd_args(settings, list(parameters))
        env = os.environ.copy()
        if password:
            env["SQLCMDPASSWORD"] = password
        subprocess.run(args, env=env, check=True)
