import BenchmarkReport
import ChildProcesses
import FeedStore
import Foundation
import Subprocess
import SystemPackage

/// The same feed in the usual stack: FastAPI, SQLAlchemy and uvicorn with two workers, on the same data.
struct Peer: Sendable {
    /// Its sources, `peers/fastapi` of this package.
    let sources: URL
    /// What is installed from PyPI, kept from run to run.
    let environment: URL
    /// Where logs and databases are put.
    let folder: URL

    private static let workers = 2
    /// More than its script gives pip.
    private static let installLimit = Duration.seconds(400)
    /// For what reads the whole database.
    private static let databaseLimit = Duration.seconds(1_800)

    /// Installs it.
    ///
    /// - Returns: itself, or why it can't be had: there may be no way to PyPI.
    static func install(sources: URL, environment: URL, folder: URL) async throws -> Outcome<Peer> {
        let peer = Peer(sources: sources, environment: environment, folder: folder)
        do {
            _ = try await runChild(
                .path(FilePath(peer.script("install"))), arguments: [environment.path], limit: installLimit)
            return .measured(peer)
        } catch let failure as ChildFailure {
            return .notMeasured("FastAPI can't be installed: \(failure.reason)")
        }
    }

    /// Names and versions of what it is made of.
    func versions() async throws -> [String: String] {
        let output = try await runChild(
            .path(FilePath(script("versions"))), arguments: [environment.path], limit: .seconds(60))
        let pairs = output.split(separator: "\n").compactMap { line -> (String, String)? in
            let words = line.split(separator: " ", maxSplits: 1)
            return words.count == 2 ? (String(words[0]), String(words[1])) : nil
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    /// Makes its own form of a database of feed-server's.
    func makeDatabase(from source: URL) async throws -> URL {
        let database = folder.appending(path: "peer.sqlite")
        _ = try await runChild(
            .path(FilePath(environment.appending(path: "bin/python").path)),
            arguments: [script("make_database.py"), source.path, database.path], limit: Self.databaseLimit)
        return database
    }

    /// Runs `body` with a server on such a database.
    func serve<Value: Sendable>(
        _ database: URL, body: (ServerProcess) async throws -> Value
    ) async throws -> Value {
        let port = try FreePort.find()
        let command = ServerProcess.Command(
            name: "the peer", executable: script("serve"), arguments: [environment.path, "\(port)"],
            environment: ["PEER_DATABASE": database.path], log: folder.appending(path: "peer.log")
        ) { log in
            log.components(separatedBy: "Application startup complete").count > Self.workers ? port : nil
        }
        return try await ServerProcess.with(command, body: body)
    }

    /// Compares the pages of both servers, field by field, and those of a user.
    ///
    /// - Throws: `ChildFailure` at the first difference: what answers something else is not to be compared.
    func checkPages(of peer: ServerProcess, against server: ServerProcess, user: Int64) async throws {
        _ = try await runChild(
            .path(FilePath(script("same_pages"))),
            arguments: [
                "http://127.0.0.1:\(server.port)", "http://127.0.0.1:\(peer.port)", "--user", "\(user)",
            ], limit: Self.databaseLimit)
    }

    /// The path of the page behind a position, by its cursor: base64url of `{"t": date, "id": id, "d": "next"}`.
    static func cursor(after position: Position) -> String {
        // Its dates have a zone as `+00:00`.
        let date = position.datePosted.rfc3339.dropLast() + "+00:00"
        let text = #"{"t": "\#(date)", "id": \#(position.id), "d": "next"}"#
        return Data(text.utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private func script(_ name: String) -> String {
        sources.appending(path: name).path
    }
}
