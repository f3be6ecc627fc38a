#!/usr/bin/env python3
"""Copies a FeedServer database into the form that app.py reads.

Usage: make_database.py SOURCE OUT

SOURCE is only read, and may be in use. OUT is replaced when the copy is complete and was checked; it must
not be in use. It has what SQLAlchemy makes of app.py's models: ordinary tables, and dates as text.
"""

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

# Bytes of SQLite's page cache while the copy is made; the indexes are faster to build with it.
CACHE_BYTES = 256 << 20

# What SQLAlchemy's create_all() makes of app.py's models.
TABLES = """
CREATE TABLE users (
    id INTEGER NOT NULL,
    username VARCHAR(50) NOT NULL,
    email VARCHAR(120) NOT NULL,
    image_file VARCHAR(200),
    PRIMARY KEY (id),
    UNIQUE (username),
    UNIQUE (email)
);
CREATE TABLE posts (
    id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    title VARCHAR(100) NOT NULL,
    content TEXT NOT NULL,
    status VARCHAR(10) NOT NULL,
    date_posted DATETIME NOT NULL,
    updated_at DATETIME,
    PRIMARY KEY (id),
    FOREIGN KEY(user_id) REFERENCES users (id)
);
"""

INDEXES = """
CREATE INDEX ix_posts_feed ON posts (status, date_posted, id);
CREATE INDEX ix_posts_user_feed ON posts (user_id, status, date_posted, id);
"""


def date_text(column: str) -> str:
    """SQL for microseconds since 1970 as SQLAlchemy's DateTime keeps them: '2026-11-21 04:55:48.821728'."""
    seconds, rest = f"{column} / 1000000", f"{column} % 1000000"
    # NULL stays NULL: strftime makes it so.
    return f"strftime('%Y-%m-%d %H:%M:%S', {seconds}, 'unixepoch') || printf('.%06d', {rest})"


class CopyError(Exception):
    """The copy is not what it should be; the text says why."""


def checked(database: sqlite3.Connection, table: str) -> int:
    """The rows of a table, the same in both databases."""
    asked, got = (
        database.execute(f"SELECT count(*) FROM {schema}.{table}").fetchone()[0] for schema in ("source", "main")
    )
    if asked != got:
        raise CopyError(f"{table}: {asked} rows became {got}")
    return got


def copy(source: Path, out: Path) -> dict[str, int]:
    """Writes the copy to `out`, which must not exist, and returns the rows of each table."""
    with closing(sqlite3.connect(f"{out.absolute().as_uri()}?mode=rwc", uri=True, isolation_level=None)) as database:
        # It needs no journal: a copy that was not finished is thrown away.
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA temp_store = MEMORY")
        database.execute(f"PRAGMA cache_size = -{CACHE_BYTES // 1024}")
        database.execute("ATTACH ? AS source", (f"{source.absolute().as_uri()}?mode=ro",))
        database.executescript(TABLES)

        # One transaction: what is copied and what is counted is one state of the source.
        database.execute("BEGIN")
        if database.execute(
            "SELECT EXISTS (SELECT 1 FROM source.posts WHERE typeof(date_posted) <> 'integer')"
        ).fetchone()[0]:
            raise CopyError("SOURCE is not a database of FeedServer: its dates are not microseconds")
        database.execute(
            """
            INSERT INTO main.users (id, username, email, image_file)
            SELECT id, username, email, image_file FROM source.users ORDER BY id
            """
        )
        database.execute(
            f"""
            INSERT INTO main.posts (id, user_id, title, content, status, date_posted, updated_at)
            SELECT id, user_id, title, content, status, {date_text("date_posted")}, {date_text("updated_at")}
            FROM source.posts ORDER BY id
            """
        )
        counts = {table: checked(database, table) for table in ("users", "posts")}
        database.execute("COMMIT")
        database.execute("DETACH source")

        if database.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise CopyError("a post has no author")
        database.executescript(INDEXES)
        database.execute("ANALYZE")
        # Kept in the file; readers and writers don't wait for each other. Most who serve from SQLite set it.
        database.execute("PRAGMA journal_mode = WAL")
    return counts


def remove(path: Path):
    """Removes a database and what SQLite keeps beside it: a log that is left would be read into the next one."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    source, out = Path(sys.argv[1]), Path(sys.argv[2])
    partial = out.with_name(f"{out.name}.partial")
    try:
        if not source.is_file():
            raise CopyError(f"there is no database {source}")
        if out.exists() and source.samefile(out):
            raise CopyError("SOURCE and OUT are the same file")
        remove(partial)
        counts = copy(source, partial)
        remove(out)
        partial.rename(out)
    except (CopyError, sqlite3.Error, OSError) as error:
        print(f"make_database: {error}", file=sys.stderr)
        return 1
    finally:
        remove(partial)
    print(f"{out}: {counts['posts']} posts of {counts['users']} users, {out.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
