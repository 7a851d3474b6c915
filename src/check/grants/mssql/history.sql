IF OBJECT_ID(N'[dbo].[django_migrations]', N'U') IS NOT NULL
BEGIN
    SET @sql = N'DENY INSERT, UPDATE, DELETE ON OBJECT::[dbo].[django_migrations] TO ' + QUOTENAME(@runtime) + N';';
    EXEC sys.sp_executesql @sql;
END;
