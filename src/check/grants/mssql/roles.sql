SET @sql = N'';
SELECT @sql += N'ALTER ROLE ' + QUOTENAME(roles.name) + N' DROP MEMBER ' + QUOTENAME(members.name) + N';'
FROM sys.database_role_members AS pairs
JOIN sys.database_principals AS roles ON roles.principal_id = pairs.role_principal_id
JOIN sys.database_principals AS members ON members.principal_id = pairs.member_principal_id
WHERE roles.is_fixed_role = 1 AND members.name IN (@runtime, @migrations);
EXEC sys.sp_executesql @sql;
