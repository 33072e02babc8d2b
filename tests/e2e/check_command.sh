#!/usr/bin/env bash
# Real tools that apply their migrations themselves: what they make, what is seen of it, and that they find it done.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

export VELA_POOL=$work/pool
tools=$("$top/tests/support/install-deps" --print-tools)

query() { vela psql "$1" -- -XqAt -v ON_ERROR_STOP=1 -c "$2"; }

# project COMMAND: an empty one in a directory of its own, and the shell in it.
project() {
	rm -rf "$work/project"
	mkdir -p "$work/project"
	cd "$work/project"
	printf 'version: 1\nproject: shop\nmigrations:\n  command: %s\n' "$1" >vela.yml
}

# The same in each tool: a column of a table with rows gets another type, one with a default comes, a table that refers
# to another comes, with an index.
holds_evidence() {
	holds '.verdict == "passed" and (.migrations | length) == 1 and .migrations[0].outcome == "passed"'
	holds '[.migrations[0].statement_list[] | select(any(.changes[]; .kind == "rewrite" and .relation == "public.order_items"
	        and (.detail | contains("quantity changed from integer to bigint"))))]
	       | length == 1 and .[0].wal_bytes > 0'
	holds '[.migrations[0].statement_list[].locks[] | select(.relation == "public.order_items")]
	       | length == 1 and .[0].mode == "AccessExclusiveLock" and .[0].sampled == false and .[0].to_ms > .[0].from_ms'
	holds '[.migrations[0].statement_list[] | select(.tag == "CREATE TABLE" and (.sql | contains("refunds")))] | length == 1 and
	       (.[0].locks | any(.relation == "public.orders" and .mode == "ShareRowExclusiveLock"))'
	holds '[.relations[] | select(.relation == "public.order_items")] | length == 1 and .[0].reads_blocked_ms > 0'
	holds '(.schema_diff | contains("refunds") and contains("bigint")) and (tostring | contains("vela_watch") | not)'
}

holds_schema() {
	same "$(query "$1" "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'order_items'::regclass AND attname = 'quantity'")" bigint
	same "$(query "$1" "INSERT INTO customers (id, email, created_at) VALUES (-1, 'new@example.com', now()) RETURNING channel")" web
	same "$(query "$1" "SELECT count(*) FROM pg_constraint WHERE conrelid = 'refunds'::regclass AND contype = 'f' AND confrelid = 'orders'::regclass")" 1
	same "$(query "$1" "SELECT string_agg(indisvalid::text, ' ') FROM pg_index WHERE indrelid = 'refunds'::regclass AND NOT indisprimary")" true
	same "$(query "$1" "SELECT count(*) FROM pg_event_trigger")" 0
	same "$(query "$1" "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'vela%'")" 0
	same "$(query "$1" "SELECT count(*) FROM pg_db_role_setting WHERE setconfig::text LIKE '%log_%'")" 0
}

# A second time it finds nothing to do: no statement of its own changes a definition of ours.
holds_nothing_to_do() {
	gives 0 vela migrate "$1" -o json
	holds '.migrations[0].outcome == "passed" and ([.migrations[0].statement_list[].changes[]] | length) == 0 and
	       ([.migrations[0].statement_list[] | select(.tag // "" | test("^(ALTER|DROP|CREATE INDEX)"))] | length) == 0'
}

alembic_project() {
	project 'alembic upgrade head'
	mkdir -p migrations/versions
	printf '[alembic]\nscript_location = migrations\n' >alembic.ini
	cat >migrations/env.py <<-'PY'
		import os
		from alembic import context
		from sqlalchemy import create_engine

		with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
		    context.configure(connection=connection, transaction_per_migration=True)
		    with context.begin_transaction():
		        context.run_migrations()
	PY
	cat >migrations/versions/0001_quantity.py <<-'PY'
		import sqlalchemy as sa
		from alembic import op

		revision, down_revision = "0001", None

		def upgrade():
		    op.alter_column("order_items", "quantity", type_=sa.BigInteger())
		    op.add_column("customers", sa.Column("channel", sa.Text, server_default="web"))
	PY
	cat >migrations/versions/0002_refunds.py <<-'PY'
		import sqlalchemy as sa
		from alembic import op

		revision, down_revision = "0002", "0001"

		def upgrade():
		    op.create_table("refunds", sa.Column("id", sa.BigInteger, primary_key=True),
		                    sa.Column("order_id", sa.BigInteger, sa.ForeignKey("orders.id")))
		    with op.get_context().autocommit_block():
		        op.create_index("refunds_order", "refunds", ["order_id"], postgresql_concurrently=True)
	PY
}

with_alembic() {
	alembic_project
	gives 0 vela check with-alembic --keep always -o json
	holds_evidence
	holds_schema with-alembic
	gives 0 vela exec with-alembic -- alembic current
	says "0002 (head)"
	holds_nothing_to_do with-alembic
	gives 0 vela branch delete with-alembic
}

alembic_fails() {
	alembic_project
	cat >>migrations/versions/0002_refunds.py <<-'PY'
		    op.execute("ALTER TABLE orders ALTER COLUMN total SET NOT NULL")
	PY
	gives 1 vela check failing -o json
	holds '.verdict == "failed" and .migrations[0].failure.sqlstate == "23502"
	       and (.migrations[0].failure.message | contains("\"total\"") and contains("null values"))
	       and (.migrations[0].failure.context | contains("the command ended with exit code 1"))
	       and (.migrations[0].output | contains("Traceback")) and ([.migrations[0].statement_list[] | select(.outcome == "failed")] | length) == 1'
	gives 1 vela check failing
	says "null values" "23502" "SET NOT NULL"
	gives 0 vela branch list -o json
	holds '[.branches[].name] | index("failing") == null'
}

# The command runs as the owner of the pool, and not as who calls vela.
not_everybodys() {
	# shellcheck disable=SC2016 # the shell that runs the command knows the variable
	project "'whoami; echo \"\$HOME\"'"
	gives 0 vela check owners -o json
	holds '.migrations[0].output | startswith("postgres\n") and (contains("/root") | not)'
	chmod 0700 .
	gives 6 vela check owners
	says "cannot work in" "runs as the owner of the pool"
	chmod 0755 .
	project '[no-such-tool, up]'
	gives 3 vela check owners
	says "cannot run no-such-tool" "vela.yml"
}

# What a tool dumps of the schema while it is watched has nothing of the watch.
dumped() {
	project 'pg_dump --schema-only'
	gives 0 vela check dumped -o json
	holds '.migrations[0].output | contains("dump complete") and (contains("vela_watch") | not) and (contains("EVENT TRIGGER") | not)'
}

with_sqitch() {
	# shellcheck disable=SC2016 # the shell that runs the command knows the variable
	project "'sqitch deploy \"db:\$DATABASE_URL\"'"
	mkdir deploy
	printf '[core]\n\tengine = pg\n[user]\n\tname = Test\n\temail = test@example.com\n' >sqitch.conf
	cat >sqitch.plan <<-'PLAN'
		%syntax-version=1.0.0
		%project=shop

		quantity 2026-01-01T00:00:00Z Test <test@example.com> # wider
		refunds [quantity] 2026-01-02T00:00:00Z Test <test@example.com> # money back
	PLAN
	cat >deploy/quantity.sql <<-'SQL'
		BEGIN;
		ALTER TABLE order_items ALTER COLUMN quantity TYPE bigint;
		ALTER TABLE customers ADD COLUMN channel text DEFAULT 'web';
		COMMIT;
	SQL
	cat >deploy/refunds.sql <<-'SQL'
		CREATE TABLE refunds (id bigint PRIMARY KEY, order_id bigint REFERENCES orders);
		CREATE INDEX CONCURRENTLY refunds_order ON refunds (order_id);
	SQL
	gives 0 vela check with-sqitch --keep always -o json
	holds_evidence
	holds_schema with-sqitch
	# shellcheck disable=SC2016
	gives 0 vela exec with-sqitch -- sh -c 'sqitch status "db:$DATABASE_URL"'
	says "Nothing to deploy (up-to-date)"
	holds_nothing_to_do with-sqitch
	gives 0 vela branch delete with-sqitch
}

with_node_pg_migrate() {
	project "[$tools/node_modules/.bin/node-pg-migrate, up]"
	mkdir migrations
	cat >migrations/1_quantity.js <<-'JS'
		exports.up = (pgm) => {
			pgm.alterColumn("order_items", "quantity", { type: "bigint" });
			pgm.addColumn("customers", { channel: { type: "text", default: "web" } });
		};
	JS
	cat >migrations/2_refunds.js <<-'JS'
		exports.up = (pgm) => {
			pgm.createTable("refunds", { id: { type: "bigint", primaryKey: true }, order_id: { type: "bigint", references: "orders" } });
			pgm.createIndex("refunds", "order_id");
		};
	JS
	gives 0 vela check with-node --keep always -o json
	holds_evidence
	holds_schema with-node
	gives 0 vela exec with-node -- "$tools/node_modules/.bin/node-pg-migrate" up
	says "No migrations to run!"
	holds_nothing_to_do with-node
	gives 0 vela branch delete with-node
}

with_knex() {
	project 'node_modules/.bin/knex migrate:latest'
	ln -s "$tools/node_modules" node_modules
	mkdir migrations
	echo 'module.exports = { client: "pg", connection: process.env.DATABASE_URL };' >knexfile.js
	cat >migrations/1_quantity.js <<-'JS'
		exports.up = async (knex) => {
			await knex.schema.alterTable("order_items", (t) => t.bigInteger("quantity").notNullable().alter());
			await knex.schema.alterTable("customers", (t) => t.text("channel").defaultTo("web"));
		};
		exports.down = async () => {};
	JS
	cat >migrations/2_refunds.js <<-'JS'
		exports.config = { transaction: false };
		exports.up = (knex) => knex.raw(`CREATE TABLE refunds (id bigint PRIMARY KEY, order_id bigint REFERENCES orders);
			CREATE INDEX refunds_order ON refunds (order_id)`);
		exports.down = async () => {};
	JS
	gives 0 vela check with-knex --keep always -o json
	holds_evidence
	holds_schema with-knex
	gives 0 vela exec with-knex -- node_modules/.bin/knex migrate:status
	says "Found 2 Completed Migration file/files." "No Pending Migration files Found."
	holds_nothing_to_do with-knex
	gives 0 vela branch delete with-knex
}

start_production
must vela pool create "$VELA_POOL" --size 2G
PGPASSWORD=replicator must vela baseline create production --from "$(production_url)"

prove "alembic" with_alembic
prove "a migration of alembic's that fails" alembic_fails
prove "whose rights a command has" not_everybodys
prove "a dump has nothing of the watch" dumped
prove "sqitch" with_sqitch
prove "node-pg-migrate" with_node_pg_migrate
prove "knex" with_knex
done_testing
