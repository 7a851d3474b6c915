-- The two identities and the database, as an administrator makes them. In Azure, each `CREATE ROLE` is
--   SELECT pgaadauth_create_principal('shop-migrations', false, false);
-- in the database `postgres`.
CREATE ROLE "shop-migrations" LOGIN;
CREATE ROLE "shop-web" LOGIN;
CREATE DATABASE shop OWNER "shop-migrations";
\connect shop
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT CREATE ON SCHEMA public TO "shop-migrations";
ALTER DEFAULT PRIVILEGES FOR ROLE "shop-migrations" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "shop-web";
ALTER DEFAULT PRIVILEGES FOR ROLE "shop-migrations" GRANT USAGE ON SEQUENCES TO "shop-web";
