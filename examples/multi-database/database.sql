-- What `nuages check --grants` does not write: the login that reads the shop and does no more, and the database of the reports.
CREATE ROLE shop_reader LOGIN;
CREATE ROLE reports_app LOGIN;
CREATE ROLE reports_migrations LOGIN;
CREATE DATABASE reports OWNER reports_migrations;
REVOKE ALL ON DATABASE reports FROM PUBLIC;
GRANT CONNECT ON DATABASE reports TO reports_app;

\connect shop
GRANT CONNECT ON DATABASE shop TO shop_reader;
GRANT USAGE ON SCHEMA public TO shop_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE shop_migrations GRANT SELECT ON TABLES TO shop_reader;

\connect reports
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO reports_app;
GRANT USAGE, CREATE ON SCHEMA public TO reports_migrations;
ALTER DEFAULT PRIVILEGES FOR ROLE reports_migrations GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO reports_app;
ALTER DEFAULT PRIVILEGES FOR ROLE reports_migrations GRANT USAGE ON SEQUENCES TO reports_app;
