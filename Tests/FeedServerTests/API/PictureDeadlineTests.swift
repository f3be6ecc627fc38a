import Foundation
import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// Pictures that a decoder is not done with, over HTTP.
@Suite struct PictureDeadlineTests {
    @Test func aPictureThatTakesTooLongIsRefused() async throws {
        var program = try PictureWorkerProgram.script(
            "\(PictureWorkerProgram.ready) \(PictureWorkerProgram.hang)")
        program.limits.picture = .milliseconds(100)
        try await TestServer.$pictureWorker.withValue(program) {
            try await TestServer.runEmpty { server, folder in
                let user = try await server.makeUser("sitter")
                let before = try TestServer.pictureFiles(in: folder)

                try await server.upload(TestPicture.png(.red), of: user)
                    .expectProblem(413, "payload-too-large")

                #expect(try await server.get("/healthz").status == 200)
                #expect(try TestServer.pictureFiles(in: folder) == before)
                #expect(server.parts.workshop.portraits.workerID == nil)
                let metrics = try await server.get("/metrics")
                #expect(metrics.bodyText.contains("picture_worker_failures_total{kind=\"deadline\"} 1"))
            }
        }
    }

    @Test func aPictureIsUnavailableWithoutAWorker() async throws {
        let program = PictureWorkerProgram(path: "/nonexistent/worker", arguments: ["worker"])
        try await TestServer.$pictureWorker.withValue(program) {
            try await TestServer.runEmpty { server, _ in
                let user = try await server.makeUser("sitter")

                let reply = try await server.upload(TestPicture.png(.red), of: user)

                reply.expectProblem(503, "unavailable")
                #expect(reply.header("Retry-After") != nil)
            }
        }
    }

    /// It hangs for as long as nobody ends it.
    @Test func aServerThatIsCancelledDoesNotWaitForAPicture() async throws {
        let program = try PictureWorkerProgram.script(
            "\(PictureWorkerProgram.ready) \(PictureWorkerProgram.hang)")
        try await TestServer.$pictureWorker.withValue(program) {
            let (upload, worker) = try await TestServer.runEmpty { server, _ in
                let user = try await server.makeUser("sitter")
                let upload = Task { try await server.upload(TestPicture.png(.red), of: user) }
                try await waitUntil("a worker that hangs") {
                    server.parts.workshop.portraits.workerID != nil
                }
                let worker = try #require(server.parts.workshop.portraits.workerID)
                server.cancel()
                return (upload, worker)
            }

            #expect(!isProcess(worker))
            // Whatever it was answered, it was answered.
            _ = await upload.result
        }
    }

    @Test(arguments: ["small.jpg", "small.png"])
    func metadataThatPointsAtItselfDoesNoHarm(fixture: String) async throws {
        let exif = AttackPictures.exif(entries: 580)
        let attack =
            try fixture == "small.jpg"
            ? AttackPictures.jpeg(fixture, exif: exif) : AttackPictures.png(fixture, exif: exif)
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("sitter")

            let honest = try await server.upload(pictureFixture(fixture), of: user)
            let reply = try await server.upload(attack, of: user)

            #expect(reply.status == 200 && reply.body == honest.body)
        }
    }
}

extension TestServer {
    fileprivate func upload(_ file: [UInt8], of user: TestUser) async throws -> Reply {
        try await send(.PATCH, "/api/users/\(user.id)/picture", file: file, headers: user.headers)
    }
}
