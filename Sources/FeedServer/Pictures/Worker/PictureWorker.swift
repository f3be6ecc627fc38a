import CSandbox
import Foundation

/// The process in which pictures are decoded: a decoder is a large program that is fed by strangers.
///
/// It has no files, no network and no variable but the libraries' path, and gives up what it can (see `CSandbox`)
/// before it reads the first byte. What a picture does to it ends with it; the server starts another.
public enum PictureWorker {
    /// What a program is called with to be one.
    public static let argument = "decode-picture"

    /// Bytes of addresses. The program and its libraries have 250 MB, and the largest picture that
    /// ``PictureBounds`` allow takes another 360 MB (measured: rows of 16 384 pixels, 8 bytes each).
    static let addressSpace: UInt64 = 1 << 30

    /// Seconds of CPU time, of all pictures of a worker's life. The server's deadlines end it earlier, unless
    /// the server hangs.
    static let processorTime: UInt64 = 1_200

    /// Decodes pictures that come by standard input until it ends. To be called by the main thread, before
    /// any other is started.
    ///
    /// - Returns: the exit status.
    public static func run() -> Int32 {
        guard sandbox_limit(addressSpace, processorTime) == 0 else { return EXIT_FAILURE }
        // Its plug-ins are for formats that are not read; nothing is found there.
        setenv("VIPSHOME", "/nonexistent", 1)
        do {
            try VipsLibrary.start()
        } catch {
            answer(.failed, Array("\(error)".utf8.prefix(PictureMessage.maximumTextBytes)))
            return EXIT_FAILURE
        }
        let seal = sandbox_seal()
        guard seal >= 0, answer(seal == 1 ? .sealed : .unsealed) else { return EXIT_FAILURE }
        while let head = read(PictureMessage.headLength), let (kind, count) = PictureMessage.readHead(head) {
            guard kind == .picture, count <= BodyLimits.picture, let file = read(count), handle(file) else {
                return EXIT_FAILURE
            }
        }
        return EXIT_SUCCESS
    }

    /// - Returns: whether it could be answered.
    private static func handle(_ file: [UInt8]) -> Bool {
        do {
            return answer(.portrait, try Portrait.make(from: file))
        } catch {
            if let error = error as? PictureError, let kind = PictureMessage.kind(of: error) {
                return answer(kind)
            }
            return answer(.failed, Array("\(error)".utf8.prefix(PictureMessage.maximumTextBytes)))
        }
    }

    /// - Returns: `nil` where the input ends before.
    private static func read(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let read = bytes.withUnsafeMutableBytes {
                Foundation.read(STDIN_FILENO, $0.baseAddress?.advanced(by: done), count - done)
            }
            if read < 0, errno == EINTR { continue }
            guard read > 0 else { return nil }
            done += read
        }
        return bytes
    }

    @discardableResult
    private static func answer(_ kind: PictureMessage.Kind, _ bytes: [UInt8] = []) -> Bool {
        let message = PictureMessage.head(kind, bytes.count) + bytes
        var done = 0
        while done < message.count {
            let written = message.withUnsafeBytes {
                Foundation.write(STDOUT_FILENO, $0.baseAddress?.advanced(by: done), message.count - done)
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return false }
            done += written
        }
        return true
    }
}
