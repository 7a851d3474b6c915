DO $nuages$
DECLARE
    owner text := current_setting('nuages.owner');
    was oid[] := ARRAY(SELECT oid FROM pg_roles WHERE rolname IN
                       (current_setting('nuages.runtime'), current_setting('nuages.reader')));
    thing record;
BEGIN
    FOR thing IN
        SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = current_setting('nuages.schema') AND relowner = ANY (was)
          AND (relkind IN ('r', 'p', 'v', 'm', 'f') OR relkind = 'S' AND NOT EXISTS (
               -- A sequence of a column goes with its table.
               SELECT FROM pg_depend WHERE objid = pg_class.oid AND refclassid = 'pg_class'::regclass
               AND deptype IN ('a', 'i')))
    LOOP
        EXECUTE format('ALTER TABLE %I.%I OWNER TO %I', current_setting('nuages.schema'), thing.relname, owner);
    END LOOP;
END
$nuages$;
