"""What only PostgreSQL can hold; the migrations run it there and skip it elsewhere."""

#: Paths are compared byte by byte, whatever language the database was made for.
COLLATE_PATH = 'ALTER TABLE branches_organization ALTER COLUMN path TYPE varchar(255) COLLATE "C"'
UNCOLLATE_PATH = "ALTER TABLE branches_organization ALTER COLUMN path TYPE varchar(255)"

_TABLES = ("branches_auditentry", "branches_auditlink")

#: Nobody alters or removes a line of the audit log, not even the owner of the tables without a trace in the schema.
FORBID = "\n".join(
    [
        "CREATE OR REPLACE FUNCTION branches_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$",
        "BEGIN RAISE EXCEPTION 'the audit log is append-only: % on %', TG_OP, TG_TABLE_NAME; END $$;",
        *(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION branches_audit_is_append_only();"
            for table in _TABLES
        ),
    ]
)
PERMIT = "\n".join(
    [
        *(f"DROP TRIGGER IF EXISTS append_only ON {table};" for table in _TABLES),
        "DROP FUNCTION IF EXISTS branches_audit_is_append_only();",
    ]
)

#: Names are searched from the middle; without the extension the search still works, by reading more.
INDEX_NAMES = """
DO $$ BEGIN
  IF EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX IF NOT EXISTS organization_name_trgm ON branches_organization USING gin (name gin_trgm_ops);
    CREATE INDEX IF NOT EXISTS member_name_trgm ON branches_member USING gin (name gin_trgm_ops);
  END IF;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE NOTICE 'pg_trgm may not be created here; names are searched without it';
END $$;
"""
UNINDEX_NAMES = "DROP INDEX IF EXISTS organization_name_trgm; DROP INDEX IF EXISTS member_name_trgm;"


def on_postgresql(sql: str):
    """Return a function for `RunPython` that runs `sql` on PostgreSQL and nothing elsewhere."""

    def run(apps, editor):
        if editor.connection.vendor == "postgresql":
            with editor.connection.cursor() as cursor:
                cursor.execute(sql)

    return run
