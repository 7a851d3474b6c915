DO $nuages$
BEGIN
    IF to_regclass(format('%I.django_migrations', current_setting('nuages.schema'))) IS NOT NULL THEN
        EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON %I.django_migrations FROM %I',
            current_setting('nuages.schema'), current_setting('nuages.reader'));
    END IF;
END
$nuages$;
