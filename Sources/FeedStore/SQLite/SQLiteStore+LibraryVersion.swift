import GRDBSQLite

extension SQLiteStore {
    /// The version of the SQLite that this process has loaded: `3.40.1`.
    public static var libraryVersion: String { String(cString: sqlite3_libversion()) }
}
