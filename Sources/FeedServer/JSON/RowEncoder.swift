import FeedStore
import NIOCore

/// Writes rows as the elements of a JSON array, straight from the store's bytes.
struct RowEncoder: RowVisitor, Sendable {
    /// Room for a page of twenty posts of usual length; more is asked for where that is not enough.
    private static let initialCapacity = 8_192

    /// Bytes of a row's keys, numbers, times and punctuation at the most, without its texts.
    private static let fixedBound = 512

    private var buffer: ByteBuffer
    /// Where each row starts: behind its comma.
    private var rowStarts: [Int] = []

    /// - Parameter opening: JSON up to and with the array's `[`.
    init(opening: StaticString) {
        buffer = ByteBuffer()
        buffer.reserveCapacity(Self.initialCapacity)
        buffer.writeStaticString(opening)
    }

    mutating func reverse() {
        guard let firstStart = rowStarts.first else { return }
        var reversed = ByteBuffer()
        reversed.reserveCapacity(buffer.capacity)
        reversed.writeImmutableBuffer(slice(0, firstStart))
        var end = buffer.writerIndex
        for (index, start) in rowStarts.enumerated().reversed() {
            reversed.writeImmutableBuffer(slice(start, end))
            if index > 0 { reversed.writeStaticString(",") }
            end = start - 1
        }
        buffer = reversed
    }

    /// Takes the buffer out, to write behind the last row.
    consuming func finish() -> ByteBuffer { buffer }

    mutating func visit(_ row: borrowing PostRow) {
        let image = row.imageFile
        var bound = Self.fixedBound + JSONOutput.escapedBound(row.title)
        bound += JSONOutput.escapedBound(row.content) + JSONOutput.escapedBound(row.username)
        if let image { bound += 2 * JSONOutput.escapedBound(image) }
        startRow()
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { memory in
            var json = JSONOutput(memory)
            json.write("{\"id\":")
            json.write(integer: row.id)
            json.write(",\"user_id\":")
            json.write(integer: row.userID)
            json.write(",\"title\":\"")
            json.write(escaping: row.title)
            json.write("\",\"content\":\"")
            json.write(escaping: row.content)
            switch row.status {
            case .published: json.write("\",\"status\":\"published\",\"date_posted\":")
            case .draft: json.write("\",\"status\":\"draft\",\"date_posted\":")
            }
            json.write(time: row.datePosted)
            json.write(",\"updated_at\":")
            if let updatedAt = row.updatedAt {
                json.write(time: updatedAt)
            } else {
                json.write("null")
            }
            json.write(",\"author\":")
            Self.writeAuthor(&json, id: row.userID, username: row.username, imageFile: row.imageFile)
            json.write("}")
            return json.count
        }
    }

    mutating func visit(_ row: borrowing UserRow) {
        let image = row.imageFile
        var bound = Self.fixedBound + JSONOutput.escapedBound(row.username)
        if let image { bound += 2 * JSONOutput.escapedBound(image) }
        startRow()
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { memory in
            var json = JSONOutput(memory)
            Self.writeAuthor(&json, id: row.id, username: row.username, imageFile: row.imageFile)
            return json.count
        }
    }

    private mutating func startRow() {
        if !rowStarts.isEmpty { buffer.writeStaticString(",") }
        rowStarts.append(buffer.writerIndex)
    }

    private func slice(_ start: Int, _ end: Int) -> ByteBuffer {
        guard let slice = buffer.getSlice(at: start, length: end - start) else {
            preconditionFailure("a row lies within the buffer")
        }
        return slice
    }

    @inline(__always)
    private static func writeAuthor(
        _ json: inout JSONOutput, id: Int64, username: Span<UInt8>, imageFile: Span<UInt8>?
    ) {
        json.write("{\"id\":")
        json.write(integer: id)
        json.write(",\"username\":\"")
        json.write(escaping: username)
        if let imageFile {
            json.write("\",\"image_file\":\"")
            json.write(escaping: imageFile)
            json.write("\",\"image_path\":\"")
            json.write(ImagePath.folder)
            json.write(escaping: imageFile)
        } else {
            json.write("\",\"image_file\":null,\"image_path\":\"")
            json.write(ImagePath.standard)
        }
        json.write("\"}")
    }
}
