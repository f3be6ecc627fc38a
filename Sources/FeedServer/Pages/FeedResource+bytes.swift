import CFeedResources

extension FeedResource {
    /// A copy of the file's bytes.
    var bytes: [UInt8] {
        Array(UnsafeBufferPointer(start: start, count: count))
    }
}
