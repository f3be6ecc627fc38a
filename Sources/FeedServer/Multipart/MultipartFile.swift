/// Gathers the one file of a form that has nothing else in it.
///
/// What is wrong is said as soon as it is seen, in the order of the form: so little more than the file's own maximum
/// is ever read.
struct MultipartFile: Sendable {
    /// Characters of a part's name that an error repeats.
    static let maximumNameInErrors = 50

    private enum Progress {
        case waiting
        case reading(filename: String)
        case complete
        case failed(MultipartFileError)
    }

    private let name: String
    private let maximumBytes: Int
    private var parser: MultipartParser
    private var progress = Progress.waiting
    private var bytes: [UInt8] = []

    /// - Parameters:
    ///   - name: of the part that is the file.
    ///   - maximumBytes: of the file.
    init(boundary: MultipartBoundary, name: String = "file", maximumBytes: Int) {
        self.name = name
        self.maximumBytes = maximumBytes
        parser = MultipartParser(boundary: boundary)
    }

    /// - Throws: what is wrong, and the same for every call after that.
    mutating func append(_ chunk: ArraySlice<UInt8>) throws(MultipartFileError) {
        if case .failed(let error) = progress { throw error }
        do {
            var rest = chunk
            while let event = try nextEvent(&rest) { try take(event) }
        } catch {
            progress = .failed(error)
            bytes = []
            throw error
        }
    }

    /// - Returns: the file, which may be empty.
    consuming func finish() throws(MultipartFileError) -> [UInt8] {
        if case .failed(let error) = progress { throw error }
        do {
            try parser.finish()
        } catch {
            throw .malformed(error)
        }
        guard case .complete = progress else { throw missing }
        return bytes
    }

    private mutating func nextEvent(
        _ rest: inout ArraySlice<UInt8>
    ) throws(MultipartFileError) -> MultipartParser.Event? {
        do {
            return try parser.next(&rest)
        } catch {
            throw .malformed(error)
        }
    }

    private mutating func take(_ event: MultipartParser.Event) throws(MultipartFileError) {
        switch event {
        case .begin(let part):
            guard part.name.utf8.isText(name) else {
                throw .part(name: Self.shown(part.name), detail: "is unknown; send only \(name)")
            }
            guard case .waiting = progress else {
                throw .part(name: name, detail: "is given more than once; send one file")
            }
            guard let filename = part.filename else {
                throw .part(name: name, detail: "is not a file: it has no filename")
            }
            progress = .reading(filename: filename)
        case .bytes(let part):
            guard part.count <= maximumBytes - bytes.count else {
                throw .tooLarge(maximumBytes: maximumBytes)
            }
            bytes += part
        case .end:
            // What a browser sends for a control in which no file was chosen.
            if case .reading(let filename) = progress, filename.isEmpty, bytes.isEmpty { throw missing }
            progress = .complete
        }
    }

    private var missing: MultipartFileError {
        .part(name: name, detail: "is missing; choose a file")
    }

    private static func shown(_ name: String) -> String {
        let scalars = name.unicodeScalars
        var text = String.UnicodeScalarView(
            scalars.prefix(maximumNameInErrors).map { $0.properties.generalCategory == .control ? " " : $0 })
        if scalars.count > maximumNameInErrors { text.append("…") }
        return String(text)
    }
}
