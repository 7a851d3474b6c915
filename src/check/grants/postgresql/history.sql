DO $nuages$
DECLARE
    history regclass := to_regclass(format('%I.django_migrations', current_setting('nuages.schema')));
BEGIN
    -- On what another owns, nothing was granted.
    IF EXISTS (SELECT FROM pg_class WHERE oid = history AND pg_get_userbyid(relowner) = current_setting('nuages.owner')) THEN
        EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON %s FROM %I', history, current_setting('nuages.reader'));
    END IF;
END
$nuages$;
