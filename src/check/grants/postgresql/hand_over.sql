DO $nuages$
DECLARE
    owner text := current_setting('nuages.owner');
    place oid := to_regnamespace(quote_ident(current_setting('nuages.schema')));
    was oid[] := ARRAY(SELECT oid FROM pg_roles WHERE rolname <> owner AND rolname IN
                       (current_setting('nuages.runtime'), current_setting('nuages.reader'),
                        current_setting('nuages.migrations')));
    -- What the application may call goes on being called.
    called oid[] := ARRAY(
        SELECT oid FROM pg_proc WHERE pronamespace = place AND proowner = ANY (was) AND NOT prosecdef
        AND has_function_privilege(current_setting('nuages.reader'), oid, 'EXECUTE'));
    change text;
    role text;
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
        -- What is rarer: names come quoted.
        SELECT format('%s %s', CASE classid WHEN 'pg_statistic_ext'::regclass THEN 'STATISTICS' ELSE upper(type) END, identity)
        FROM pg_shdepend CROSS JOIN LATERAL pg_identify_object(classid, objid, 0)
        WHERE refclassid = 'pg_authid'::regclass AND refobjid = ANY (was) AND pg_shdepend.deptype = 'o'
          AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND classid IN ('pg_collation'::regclass, 'pg_conversion'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass,
                          'pg_opfamily'::regclass, 'pg_statistic_ext'::regclass, 'pg_ts_config'::regclass, 'pg_ts_dict'::regclass)
          AND schema = quote_ident(current_setting('nuages.schema'))
          AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = pg_shdepend.classid AND objid = pg_shdepend.objid AND deptype = 'e')
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
    FOR change IN
        SELECT oid::regprocedure FROM pg_proc
        WHERE oid = ANY (called) AND NOT has_function_privilege(current_setting('nuages.reader'), oid, 'EXECUTE')
    LOOP
        EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO %I', change, current_setting('nuages.reader'));
    END LOOP;
    -- An extension stays with who administers. It has no ALTER ... OWNER, and REASSIGN OWNED takes all that is left along,
    -- other databases too: so only where nothing else is.
    FOR role IN
        SELECT rolname FROM pg_roles WHERE rolname <> owner AND rolname <> current_user
        AND rolname IN (current_setting('nuages.runtime'), current_setting('nuages.reader'))
        AND EXISTS (SELECT FROM pg_extension WHERE extowner = pg_roles.oid)
        AND NOT EXISTS (
            SELECT FROM pg_shdepend AS owned WHERE refclassid = 'pg_authid'::regclass AND refobjid = pg_roles.oid AND deptype = 'o'
            AND (dbid = 0 OR dbid = (SELECT oid FROM pg_database WHERE datname = current_database()))
            AND classid NOT IN ('pg_default_acl'::regclass, 'pg_extension'::regclass)
            AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = owned.classid AND objid = owned.objid AND deptype = 'e'))
    LOOP
        EXECUTE format('REASSIGN OWNED BY %I TO %I', role, current_user);
    END LOOP;
END
$nuages$;
