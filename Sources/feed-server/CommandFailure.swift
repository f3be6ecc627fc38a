import ArgumentParser
import FeedServer
import FeedStore
import Foundation
import NIOCore

/// Ends a command with one clear line on standard error.
enum CommandFailure {
    /// - Parameter context: what was being done, such as "can't listen on 127.0.0.1:8080".
    static func exit(_ error: any Error, context: String? = nil) -> ExitCode {
        let reason =
            switch error {
            case let error as ConfigurationError: error.description
            case let error as StoreError: error.message
            case let error as IOError: String(cString: strerror(error.errnoCode))
            default: String(describing: error)
            }
        let line = [context, reason].compactMap(\.self).joined(separator: ": ")
        write(line)
        return .failure
    }

    /// Says what is wrong, behind what has been logged before. Where nobody listens, that is no reason to wait.
    static func write(_ line: String) {
        LineBatches(name: "failure", output: .standardError).add("feed-server: \(line)")
    }
}
