"""mssql-django, with a `TOKEN` or a `PASSWORD` that is a file's path."""
