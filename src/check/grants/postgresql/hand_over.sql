DO $nuages$
DECLARE
    owner text := current_setting('nuages.owner');
    place oid := to_regnamespace(quote_ident(current_setting('nuages.schema')));
    was oid[] := ARRAY(SELECT oid FROM pg_roles WHERE rolname <> owner AND rolname IN
                       (current_setting('nuages.runtime'), current_setting('nuages.reader'),
                        current_setting('nuages.migrations')));
    change text;
BEGIN
    FOR change IN
        SELECT format('TABLE %s', oid::regclass) FROM pg_class
        WHERE relnamespace = place AND relowner = ANY (was)
          AND (relkind IN ('r', 'p', 'v', 'm', 'f') OR relkind = 'S' AND NOT EXISTS (
               -- A sequence of a column goes with its table.
               SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid
               AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')))
          AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
        UNION ALL
        -- SECURITY DEFINER runs as its owner: in the application's hands it would then do what migrations may.
        SELECT format('ROUTINE %s', oid::regprocedure) FROM pg_proc
        WHERE pronamespace = place AND proowner = ANY (was) AND NOT prosecdef
          AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e')
        UNION ALL
        -- The type of a table goes with the table, that of an array with its elements.
        SELECT format('TYPE %s', oid::regtype) FROM pg_type
        WHERE typnamespace = place AND typowner = ANY (was) AND typtype IN ('b', 'c', 'd', 'e', 'r')
          AND (typrelid = 0 OR EXISTS (SELECT FROM pg_class WHERE pg_class.oid = typrelid AND relkind = 'c'))
          AND NOT EXISTS (SELECT FROM pg_type AS elements WHERE elements.typarray = pg_type.oid)
          AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_type'::regclass AND objid = pg_type.oid AND deptype = 'e')
        UNION ALL
        SELECT format('COLLATION %I.%I', current_setting('nuages.schema'), collname) FROM pg_collation
        WHERE collnamespace = place AND collowner = ANY (was)
          AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_collation'::regclass AND objid = pg_collation.oid AND deptype = 'e')
    LOOP
        EXECUTE format('ALTER %s OWNER TO %I', change, owner);
    END LOOP;
    -- Before PostgreSQL 17 the type of many ranges stays behind when its range goes.
    FOR change IN
        SELECT format('TYPE %s', oid::regtype) FROM pg_type
        WHERE typnamespace = place AND typowner = ANY (was) AND typtype = 'm'
    LOOP
        EXECUTE format('ALTER %s OWNER TO %I', change, owner);
    END LOOP;
END
$nuages$;
