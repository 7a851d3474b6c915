-- Two logins: one owns the database and changes its tables, the other reads and writes rows. Run by the first start.
\set app `cat /run/secrets/db-password`
\set migrations `cat /run/secrets/db-migrations-password`
CREATE ROLE shop_migrations LOGIN PASSWORD :'migrations';
CREATE ROLE shop_app LOGIN PASSWORD :'app';
CREATE DATABASE shop OWNER shop_migrations;

\connect shop
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT CREATE ON SCHEMA public TO shop_migrations;
ALTER DEFAULT PRIVILEGES FOR ROLE shop_migrations
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO shop_app;
ALTER DEFAULT PRIVILEGES FOR ROLE shop_migrations
    GRANT USAGE ON SEQUENCES TO shop_app;
