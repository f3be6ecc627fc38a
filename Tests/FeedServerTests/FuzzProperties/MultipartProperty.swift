import TestSupport

@testable import FeedServer

enum MultipartProperty {
    /// Two short ones, so that chance writes them too: the second is of the hyphens around it.
    static let boundaries = ["b", "-"]
    /// Small, so that short inputs exceed them.
    static let limits = MultipartLimits(
        parts: 3, headerBytes: 192, headerFields: 4, contentTypeBytes: 24, paddingBytes: 4, epilogueBytes: 8)
    /// Of a file, in bytes.
    static let maximumBytes = 16

    static func check(_ bytes: [UInt8]) throws {
        for text in boundaries {
            let boundary = try MultipartBoundary(contentType: "multipart/form-data; boundary=\(text)")
            let cuts = [Array(bytes.indices.dropFirst()), MultipartOutcome.derivedCuts(of: bytes)]

            let outcome = try MultipartOutcome(of: bytes, boundary: boundary)
            let limited = try MultipartOutcome(of: bytes, boundary: boundary, limits: limits)
            for cuts in cuts {
                let split = try MultipartOutcome(of: bytes, cuts: cuts, boundary: boundary)
                try demand(split == outcome, "split it is \(split), not \(outcome)")
                let splitLimited = try MultipartOutcome(
                    of: bytes, cuts: cuts, boundary: boundary, limits: limits)
                try demand(splitLimited == limited, "split it is \(splitLimited), not \(limited)")
            }
            try checkEveryByte(of: bytes, is: outcome, boundary)
            try checkRoundTrip(outcome, boundary)
            try checkLimits(limited, besides: outcome)

            let file = expectedFile(outcome)
            for cuts in [[]] + cuts {
                let gathered = gather(bytes, cuts: cuts, boundary)
                try demand(gathered == file, "the file is \(gathered), not \(file)")
            }
        }
    }

    // MARK: Every byte is accounted for

    /// Walks over the form along the parts that came out of it, without a line of the parser.
    private static func checkEveryByte(
        of bytes: [UInt8], is outcome: MultipartOutcome, _ boundary: MultipartBoundary
    ) throws {
        let delimiter = "\r\n--".utf8 + boundary.bytes
        var rest = bytes[...]
        func skip(_ expected: some Collection<UInt8>, _ what: String) throws {
            try demand(rest.starts(with: expected), "\(what) is not there: \(outcome)")
            rest.removeFirst(expected.count)
        }
        func skipPadding() { rest = rest.drop { $0 == 0x20 || $0 == 0x09 } }

        guard !outcome.parts.isEmpty || outcome.error == nil else { return }
        if rest.first == 0x0D { try skip("\r\n".utf8, "the first line end") }
        try skip(delimiter.dropFirst(2), "the first boundary")
        for part in outcome.parts {
            skipPadding()
            try skip("\r\n".utf8, "a boundary's line end")
            let head = rest.prefix(upTo: try offset(of: Array("\r\n\r\n".utf8), in: rest))
            try demand(!head.starts(with: "\r\n".utf8), "a part without header fields")
            try skip(head + "\r\n\r\n".utf8, "the header fields")
            let endsAtOnce = part.body.isEmpty && rest.starts(with: delimiter.dropFirst(2))
            try skip(part.body, "a body")
            // The parser's promise: what looks like a boundary is one.
            let searched = Array("\r\n".utf8 + part.body)
            try demand(!contains(delimiter, in: searched), "a boundary within a body")
            guard part.isComplete else {
                // What is not the body's yet, because it may become a boundary.
                let isHeld =
                    delimiter.starts(with: rest)
                    || (part.body.isEmpty && delimiter.dropFirst(2).starts(with: rest))
                return try demand(isHeld && outcome.error == .truncated, "an incomplete part: \(outcome)")
            }
            try skip(endsAtOnce ? delimiter.dropFirst(2) : delimiter[...], "a boundary")
        }
        guard outcome.error == nil else { return }
        try skip("--".utf8, "the end of the last boundary")
        skipPadding()
        guard !rest.isEmpty else { return }
        try skip("\r\n".utf8, "the last boundary's line end")
        try demand(rest.count <= MultipartLimits().epilogueBytes, "an epilogue of \(rest.count) bytes")
    }

    private static func offset(of wanted: [UInt8], in bytes: ArraySlice<UInt8>) throws -> Int {
        let offset = bytes.indices.first { bytes[$0] == wanted[0] && bytes[$0...].starts(with: wanted) }
        try demand(offset != nil, "the empty line is not there")
        return offset ?? bytes.endIndex
    }

    private static func contains(_ wanted: [UInt8], in bytes: [UInt8]) -> Bool {
        bytes.indices.contains { bytes[$0] == wanted[0] && bytes[$0...].starts(with: wanted) }
    }

    // MARK: What was read can be written

    private static func checkRoundTrip(_ outcome: MultipartOutcome, _ boundary: MultipartBoundary) throws {
        guard outcome.error == nil else { return }
        let written = write(outcome.parts, boundary)
        let again = try MultipartOutcome(of: written, boundary: boundary)
        // What is escaped takes more room.
        guard again.error != .headersTooLong else { return }
        try demand(again == outcome, "written again it is \(again), not \(outcome)")
    }

    static func write(_ parts: [MultipartOutcome.Part], _ boundary: MultipartBoundary) -> [UInt8] {
        var form: [UInt8] = []
        for part in parts {
            form += "--".utf8 + boundary.bytes + "\r\n".utf8
            form += "Content-Disposition: form-data; name=\(quoted(part.head.name))".utf8
            if let filename = part.head.filename { form += "; filename=\(quoted(filename))".utf8 }
            if let type = part.head.contentType { form += "\r\nContent-Type: \(type)".utf8 }
            form += "\r\n\r\n".utf8 + part.body + "\r\n".utf8
        }
        return form + "--".utf8 + boundary.bytes + "--\r\n".utf8
    }

    private static func quoted(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\\": "\\\\"
            case "\"": "%22"
            case "\r": "%0D"
            case "\n": "%0A"
            default: String(scalar)
            }
        }
        return "\"\(scalars.joined())\""
    }

    // MARK: Limits

    /// Smaller limits refuse sooner and change nothing else.
    private static func checkLimits(_ limited: MultipartOutcome, besides whole: MultipartOutcome) throws {
        try demand(limited.parts.count <= limits.parts, "\(limited.parts.count) parts")
        for (part, same) in zip(limited.parts, whole.parts) {
            try demand(part.head == same.head && same.body.starts(with: part.body), "limits change a part")
            try demand(
                part.head.name.utf8.count < limits.headerBytes, "a name of \(part.head.name.utf8.count)")
            let type = part.head.contentType ?? ""
            try demand(type.utf8.count <= limits.contentTypeBytes, "a type of \(type.utf8.count) bytes")
        }
        let refusals: [MultipartError] = [
            .tooManyParts, .headersTooLong, .tooManyFields, .contentType, .padding, .epilogueTooLong,
        ]
        let isRefused = limited.error.map(refusals.contains) ?? false
        try demand(limited == whole || isRefused, "small limits make it \(limited), not \(whole)")
    }

    // MARK: The file in it

    private enum Gathered: Equatable {
        case file([UInt8])
        case refused(MultipartFileError)
    }

    private static func gather(_ bytes: [UInt8], cuts: [Int], _ boundary: MultipartBoundary) -> Gathered {
        var file = MultipartFile(boundary: boundary, maximumBytes: maximumBytes)
        do throws(MultipartFileError) {
            for chunk in MultipartOutcome.chunks(of: bytes, cuts: cuts) { try file.append(chunk) }
            return .file(try file.finish())
        } catch {
            // The rest of such a name is not what this is about.
            guard case .part(let name, let detail) = error, name != "file" else { return .refused(error) }
            return .refused(.part(name: "", detail: detail))
        }
    }

    private static func expectedFile(_ outcome: MultipartOutcome) -> Gathered {
        let missing = MultipartFileError.part(name: "file", detail: "is missing; choose a file")
        for (index, part) in outcome.parts.enumerated() {
            guard part.head.name == "file" else {
                return .refused(.part(name: "", detail: "is unknown; send only file"))
            }
            guard index == 0 else {
                return .refused(.part(name: "file", detail: "is given more than once; send one file"))
            }
            guard let filename = part.head.filename else {
                return .refused(
                    .part(name: "file", detail: "is not a file: it has no filename"))
            }
            guard part.body.count <= maximumBytes else {
                return .refused(.tooLarge(maximumBytes: maximumBytes))
            }
            if part.isComplete, filename.isEmpty, part.body.isEmpty { return .refused(missing) }
        }
        if let error = outcome.error { return .refused(.malformed(error)) }
        return outcome.parts.first.map { .file($0.body) } ?? .refused(missing)
    }
}
