public import FeedStore
import NIOCore

/// Single steps of a request's way, so that benchmarks can measure them without a server around: the code
/// that ``CollectionResponder`` runs, called as it calls it.
@_spi(Benchmarks)
public struct RequestSteps: Sendable {
    private let decoder: PagingDecoder

    /// - Parameter cursors: what the requests' cursors were made with.
    public init(cursors: PageCursorCodec) {
        decoder = PagingDecoder(limits: PagingLimits(), cursors: cursors)
    }

    /// Decodes a request for a page of a collection.
    ///
    /// - Parameters:
    ///   - path: of a collection: `/api/posts/feed`.
    ///   - query: what stands behind the `?`, if anything.
    /// - Returns: the page to read, `nil` when the path names no collection.
    /// - Throws: the problem that a client would be answered with.
    public func decode(path: String, query: String?) throws -> PageQuery? {
        guard let target = CollectionTarget(path: path) else { return nil }
        return try decoder.decode(target, query: query.map { $0[...] }).query
    }

    /// Reads a page and writes its rows as JSON, as for a page of a feed, without the envelope's end.
    ///
    /// - Returns: bytes of JSON, `nil` when the store can't read the page without waiting.
    /// - Throws: `StoreError` where the store fails.
    public func encodePage(_ query: PageQuery, from store: any Store) throws -> Int? {
        var encoder = RowEncoder(opening: "{\"items\":[")
        guard try store.pageIfImmediate(query, visitor: &encoder) != nil else { return nil }
        return encoder.finish().readableBytes
    }
}
