DO $nuages$
DECLARE
    runtime text := current_setting('nuages.runtime');
    reader text := current_setting('nuages.reader');
    thing text;
    kind "char";
BEGIN
    FOR thing, kind IN
        SELECT format('%s %s', CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, oid::regclass), relkind
        FROM pg_class
        WHERE relnamespace = to_regnamespace(quote_ident(current_setting('nuages.schema')))
          AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND pg_get_userbyid(relowner) = current_setting('nuages.owner')
          AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, %I, %I', thing, runtime, reader);
        IF kind <> 'S' THEN
            EXECUTE format('GRANT SELECT ON %s TO %I', thing, reader);
        END IF;
    END LOOP;
END
$nuages$;
