IF EXISTS (SELECT * FROM sys.database_principals
           WHERE name IN (@runtime, @migrations) AND default_schema_name <> N'dbo')
    THROW 50000, N'a user has another default schema than dbo', 1;
