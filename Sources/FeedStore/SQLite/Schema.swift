import GRDB

/// The tables, and how an older file becomes a newer one.
///
/// `posts` is clustered on the feed's own order, so that the rows of a page lie together, and its
/// key holds no rowid alias: SQLite would not bound a seek by it, and equal dates would be scanned.
/// Published posts and drafts form two runs of the cluster; publishing moves a post from one to the
/// other.
enum Schema {
    /// `application_id` in the file's header: "FEED".
    static let applicationID: Int32 = 0x4645_4544

    /// Names of the indexes that statements insist on by `INDEXED BY`.
    enum Index {
        /// Finds a post by its id, and says whether it is a draft and whose, without a look at the table.
        static let id = "posts_by_id"
        /// The published posts' keys and nothing else: OFFSET and COUNT walk it.
        static let published = "posts_published"
        /// One user's posts in the feed's order.
        static let user = "posts_by_user"
    }

    static let tables = """
        CREATE TABLE users (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            username TEXT NOT NULL COLLATE NOCASE UNIQUE,
            email TEXT NOT NULL COLLATE NOCASE UNIQUE,
            image_file TEXT
        ) STRICT;

        CREATE TABLE posts (
            status TEXT NOT NULL CHECK (status IN ('published', 'draft')),
            date_posted INTEGER NOT NULL CHECK (
                date_posted BETWEEN \(Timestamp.range.lowerBound.microseconds)
                AND \(Timestamp.range.upperBound.microseconds)),
            id INTEGER NOT NULL,
            user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            updated_at INTEGER CHECK (
                updated_at BETWEEN \(Timestamp.range.lowerBound.microseconds)
                AND \(Timestamp.range.upperBound.microseconds)),
            title TEXT NOT NULL,
            content TEXT NOT NULL,
            PRIMARY KEY (status, date_posted, id)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE feed_state (
            only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
            last_post_id INTEGER NOT NULL,
            last_date_posted INTEGER NOT NULL
        ) STRICT;

        INSERT INTO feed_state VALUES (1, 0, 0);
        """

    static let indexes = "\(idIndex)\n\(feedIndexes)"

    /// Behind its own columns an index holds the rest of the key: this one the status. An id is given once
    /// (`feed_state`).
    private static let idIndex = "CREATE UNIQUE INDEX \(Index.id) ON posts (id, user_id);"

    private static let feedIndexes = """
        CREATE INDEX \(Index.published) ON posts (date_posted, id) WHERE status = 'published';
        CREATE INDEX \(Index.user) ON posts (user_id, status, date_posted, id);
        """

    static let dropIndexes = """
        DROP INDEX IF EXISTS \(Index.id);
        DROP INDEX IF EXISTS \(Index.published);
        DROP INDEX IF EXISTS \(Index.user);
        """

    /// Beside `users`, whose rows the feed reads with every post and which are to stay short.
    static let accounts = """
        CREATE TABLE credentials (
            user_id INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
            password_hash TEXT NOT NULL,
            version INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE sessions (
            key BLOB NOT NULL PRIMARY KEY,
            user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            expires_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX sessions_by_user ON sessions (user_id);
        CREATE INDEX sessions_by_expiry ON sessions (expires_at);
        CREATE INDEX users_by_image_file ON users (image_file) WHERE image_file IS NOT NULL;
        """

    /// Sessions that tell their user where they come from. What is not known of older ones: their times are those of
    /// the migration. `created_at` and `key` give the order in which they end when there are too many.
    static let sessionOrigins = """
        CREATE TABLE new_sessions (
            key BLOB NOT NULL PRIMARY KEY,
            id BLOB NOT NULL CHECK (length(id) = \(UserSession.idLength)),
            user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            created_at INTEGER NOT NULL,
            last_used_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            user_agent TEXT CHECK (length(user_agent) <= \(SessionOrigin.maximumUserAgentLength)),
            address TEXT CHECK (length(address) <= \(SessionOrigin.maximumAddressLength))
        ) STRICT, WITHOUT ROWID;

        INSERT INTO new_sessions
        SELECT key, randomblob(\(UserSession.idLength)), user_id,
            unixepoch() * 1000000, unixepoch() * 1000000, expires_at, NULL, NULL
        FROM (
            SELECT *, row_number() OVER (PARTITION BY user_id ORDER BY expires_at DESC) AS number FROM sessions
        )
        WHERE number <= \(UserSession.maximumPerUser);

        DROP TABLE sessions;
        ALTER TABLE new_sessions RENAME TO sessions;
        CREATE INDEX sessions_by_user ON sessions (user_id, created_at);
        CREATE INDEX sessions_by_expiry ON sessions (expires_at);
        """

    /// Empty until a store opens the file: a new database has its own ``DatabaseIdentity``, however it was made.
    static let databaseIdentity = """
        CREATE TABLE database_identity (
            only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
            identity TEXT NOT NULL CHECK (length(identity) = \(DatabaseIdentity.length))
        ) STRICT;
        """

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: users and posts") { db in
            try db.execute(sql: tables)
            try db.execute(sql: "CREATE UNIQUE INDEX \(Index.id) ON posts (id)")
            try db.execute(sql: feedIndexes)
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
        }
        migrator.registerMigration("2: accounts") { db in
            try db.execute(sql: accounts)
        }
        // Nothing refers to sessions: no need to check all posts.
        migrator.registerMigration("3: origins of sessions", foreignKeyChecks: .immediate) { db in
            try db.execute(sql: sessionOrigins)
        }
        // No row is changed.
        migrator.registerMigration("4: whose a post is, in its index", foreignKeyChecks: .immediate) { db in
            try db.execute(sql: "DROP INDEX \(Index.id)")
            try db.execute(sql: idIndex)
        }
        // No row is changed.
        migrator.registerMigration("5: an identity", foreignKeyChecks: .immediate) { db in
            try db.execute(sql: databaseIdentity)
        }
        return migrator
    }
}
