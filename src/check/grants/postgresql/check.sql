DO $nuages$
DECLARE
    runtime text := current_setting('nuages.runtime');
    reader text := current_setting('nuages.reader');
    owner text := current_setting('nuages.owner');
    schema text := current_setting('nuages.schema');
    role text;
    other text;
    may_much boolean;
    -- Of a copy's login.
    reads_alone boolean := current_setting('nuages.reads_alone')::boolean;
BEGIN
    IF has_database_privilege('public', current_database(), 'CONNECT, TEMPORARY')
       OR has_schema_privilege('public', schema, 'CREATE') THEN
        RAISE EXCEPTION 'everybody may still connect, or make things here'
            USING HINT = 'run this as the owner of the database and of the schema, or as a superuser';
    END IF;
    FOREACH role IN ARRAY ARRAY[runtime, current_setting('nuages.migrations'), reader, owner] LOOP
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = role AND
                   (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)) THEN
            RAISE EXCEPTION '"%" may do more than this database needs', role;
        END IF;
        IF EXISTS (SELECT FROM pg_database WHERE datname = current_database() AND pg_has_role(role, datdba, 'MEMBER')) THEN
            RAISE EXCEPTION '"%" owns the database', role
                USING HINT = 'run this as another login, which is to own it';
        END IF;
        FOR other, may_much IN
            SELECT rolname, rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls
                OR rolname LIKE 'pg\_%' OR rolname = ANY (current_setting('nuages.services')::text[])
            FROM pg_roles WHERE pg_has_role(role, oid, 'MEMBER') AND rolname NOT IN (role, reader, owner, 'rds_iam')
        LOOP
            IF may_much THEN
                RAISE EXCEPTION '"%" is a member of "%" and may do what that may', role, other
                    USING HINT = format('REVOKE %I FROM %I;', other, role);
            END IF;
            RAISE WARNING '"%" is a member of "%" and may do what that may', role, other;
        END LOOP;
    END LOOP;
    IF pg_has_role(runtime, owner, 'MEMBER') OR has_schema_privilege(runtime, schema, 'CREATE')
       OR has_database_privilege(runtime, current_database(), 'CREATE, TEMPORARY') THEN
        RAISE EXCEPTION '"%" may still make or change tables', runtime;
    END IF;
    -- An owner may do everything. Large objects are rows, and not looked at.
    SELECT string_agg(pg_describe_object(classid, objid, objsubid), ', ') INTO other
    FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND deptype = 'o'
        AND refobjid IN (SELECT oid FROM pg_roles WHERE rolname IN (runtime, reader))
        AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND classid NOT IN ('pg_default_acl'::regclass, 'pg_user_mapping'::regclass, 'pg_largeobject'::regclass);
    IF other IS NOT NULL THEN
        RAISE EXCEPTION '"%" still owns: %', runtime, other
            USING HINT = 'ALTER each OWNER TO another role, or drop it; a SECURITY DEFINER function may do what its owner may. '
                'An extension goes to who runs this once that role owns nothing else, other databases included';
    END IF;
    FOR other IN
        SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace CROSS JOIN LATERAL (
            VALUES (runtime), (reader)) AS application (name)
        WHERE nspname = schema AND pg_get_userbyid(relowner) = owner
          AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
          AND CASE relkind WHEN 'S' THEN has_sequence_privilege(name, pg_class.oid, 'UPDATE')
                   OR reads_alone AND has_sequence_privilege(name, pg_class.oid, 'USAGE')
              ELSE relkind IN ('r', 'p', 'v', 'm', 'f') AND (has_table_privilege(name, pg_class.oid, 'TRUNCATE, TRIGGER')
                   OR has_any_column_privilege(name, pg_class.oid, 'REFERENCES')
                   OR (relname = 'django_migrations' OR reads_alone) AND (has_table_privilege(name, pg_class.oid, 'DELETE')
                      OR has_any_column_privilege(name, pg_class.oid, 'INSERT, UPDATE'))) END
    LOOP
        RAISE EXCEPTION '"%" may still do more with "%" than with rows', runtime, other
            USING HINT = 'another role granted that, to it or to everybody: REVOKE it as that role';
    END LOOP;
    FOR other IN
        SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = schema AND relkind IN ('r', 'p') AND pg_get_userbyid(relowner) <> owner
          AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
    LOOP
        RAISE WARNING 'table "%" belongs to another: nothing is granted on it, and migrations cannot change it', other;
    END LOOP;
    -- A view reads as its owner, unless it says otherwise.
    FOR role, other IN
        SELECT DISTINCT views.oid::regclass, reads.oid::regclass
        FROM pg_class AS views
        JOIN pg_rewrite ON ev_class = views.oid
        JOIN pg_depend ON classid = 'pg_rewrite'::regclass AND objid = pg_rewrite.oid AND refclassid = 'pg_class'::regclass
        JOIN pg_class AS reads ON reads.oid = refobjid AND reads.oid <> views.oid
        WHERE views.relnamespace = to_regnamespace(quote_ident(schema)) AND views.relkind IN ('v', 'm')
          AND pg_get_userbyid(views.relowner) = owner AND reads.relkind IN ('r', 'p', 'v', 'm', 'f')
          AND NOT has_any_column_privilege(owner, reads.oid, 'SELECT')
          AND (views.reloptions IS NULL OR NOT views.reloptions && ARRAY['security_invoker=true', 'security_invoker=on'])
    LOOP
        RAISE WARNING 'view % reads %, which "%" may not', role, other, owner
            USING HINT = format('GRANT SELECT ON %s TO %I;', other, owner);
    END LOOP;
END
$nuages$;
