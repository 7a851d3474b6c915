DO $nuages$
DECLARE
    runtime text := current_setting('nuages.runtime');
    owner text := current_setting('nuages.owner');
    schema text := current_setting('nuages.schema');
    login text;
    other text;
BEGIN
    IF has_database_privilege('public', current_database(), 'CONNECT, TEMPORARY')
       OR has_schema_privilege('public', schema, 'CREATE') THEN
        RAISE EXCEPTION 'everybody may still connect, or make things here'
            USING HINT = 'run this as the owner of the database and of the schema, or as a superuser';
    END IF;
    FOREACH login IN ARRAY ARRAY[runtime, current_setting('nuages.migrations')] LOOP
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = login AND
                   (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)) THEN
            RAISE EXCEPTION '"%" may do more than this database needs', login;
        END IF;
        IF EXISTS (SELECT FROM pg_database WHERE datname = current_database() AND pg_has_role(login, datdba, 'MEMBER')) THEN
            RAISE EXCEPTION '"%" owns the database', login
                USING HINT = 'run this as another login, which is to own it';
        END IF;
        FOR other IN
            SELECT rolname FROM pg_roles WHERE pg_has_role(login, oid, 'MEMBER') AND rolname NOT IN
            (login, current_setting('nuages.reader'), owner, 'rds_iam')
        LOOP
            RAISE WARNING '"%" is a member of "%" and may do what that may', login, other;
        END LOOP;
    END LOOP;
    IF pg_has_role(runtime, owner, 'MEMBER') OR has_schema_privilege(runtime, schema, 'CREATE')
       OR has_database_privilege(runtime, current_database(), 'CREATE, TEMPORARY') THEN
        RAISE EXCEPTION '"%" may still make or change tables', runtime;
    END IF;
    FOR other IN
        SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = schema AND relkind IN ('r', 'p') AND pg_get_userbyid(relowner) <> owner
          AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
    LOOP
        RAISE WARNING 'table "%" belongs to another: migrations cannot change it', other;
    END LOOP;
END
$nuages$;
