import Foundation
import GRDB

/// Changes when posts were published, which no server ever does: for sample data.
public enum PostDates {
    /// Gives published posts other dates, all in one commit.
    ///
    /// - Parameters:
    ///   - path: of a database that nobody has open.
    ///   - dates: by the posts' ids; a post that is not named keeps its date.
    /// - Throws: ``StoreError/Code/unusable`` when there is no file, when it is in use, or when it is not a database,
    ///   another application's or of a newer version. It is then left untouched.
    public static func change(_ dates: [Int64: Timestamp], in path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            throw StoreError(.unusable, "\(path) is not there")
        }
        let path = try SQLiteConnection.prepareFolder(of: path)
        let lock = try FileLock(besides: path)
        defer { lock.release() }
        try SQLiteConnection.checkUsable(path: path)
        do {
            let queue = try SQLiteConnection.openWriter(path: path)
            try queue.write { db in
                for (id, date) in dates {
                    try db.cachedStatement(
                        sql: "UPDATE posts SET date_posted = ? WHERE id = ? AND status = 'published'"
                    )
                    .execute(arguments: [date.microseconds, id])
                }
                // Whatever is published next is newer than all of them.
                try db.execute(
                    sql: """
                        UPDATE feed_state SET last_date_posted =
                            (SELECT coalesce(max(date_posted), 0) FROM posts WHERE status = 'published')
                        """)
            }
            try queue.close()
        } catch {
            throw StoreError(.unusable, "the posts' dates can't be changed: \(error)")
        }
    }
}
