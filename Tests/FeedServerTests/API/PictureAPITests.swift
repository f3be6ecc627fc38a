import FeedStore
import Foundation
import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// The users' pictures over HTTP.
struct PictureAPITests {
    // MARK: What is shown

    @Test func aPictureIsShownWhereverItsUserIs() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("sitter")
            let post = try await server.makePost(by: user)
            let reply = try await server.setPicture(TestPicture.png(.red), of: user)
            #expect(reply.status == 200 && reply.header("Cache-Control") == "no-store")
            #expect(Set(reply.json.keys) == ["id", "username", "email", "image_file", "image_path"])
            let file = try #require(reply.text("image_file"))
            #expect(reply.text("image_path") == imagePath(for: file))

            let read = try await server.get("/api/posts/\(post)")
            let feed = try await server.get("/api/posts/feed")
            let offset = try await server.get("/api/posts")
            let seen: [[String: Any]?] = [
                try await server.get("/api/users/me", headers: user.headers).json,
                try await server.get("/api/users/\(user.id)").json,
                (try await server.get("/api/users").json["users"] as? [[String: Any]])?.first,
                read.json["author"] as? [String: Any],
                (feed.json["items"] as? [[String: Any]])?.first?["author"] as? [String: Any],
                (offset.json["posts"] as? [[String: Any]])?.first?["author"] as? [String: Any],
            ]
            for author in seen {
                #expect(author?["image_file"] as? String == file)
                #expect(author?["image_path"] as? String == imagePath(for: file))
            }
            let page = try await server.get("/posts/\(post)")
            #expect(page.bodyText.contains(imagePath(for: file)))
        }
    }

    @Test func aPictureIsServedForEver() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("sitter")
            let path = try #require(
                try await server.setPicture(TestPicture.png(.red), of: user).text("image_path"))

            let picture = try await server.get(path)
            #expect(picture.status == 200)
            #expect(picture.header("Content-Type") == "image/jpeg")
            #expect(picture.header("X-Content-Type-Options") == "nosniff")
            #expect(picture.header("Cache-Control") == "public, max-age=31536000, immutable")
            #expect(picture.header("Content-Length") == "\(picture.body.count)")
            #expect(picture.body.starts(with: [0xff, 0xd8, 0xff]))
            let tag = try #require(picture.header("ETag"))
            #expect(tag.hasPrefix("\"") && tag.hasSuffix("\"") && tag.count > 2)

            for list in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                let same = try await server.get(path, headers: ["If-None-Match": list])
                #expect(same.status == 304 && same.body.isEmpty, "\(list)")
                #expect(same.header("ETag") == tag)
                #expect(same.header("Cache-Control") == picture.header("Cache-Control"))
            }
            #expect(try await server.get(path, headers: ["If-None-Match": "\"other\""]).status == 200)

            let head = try await server.send(.HEAD, path)
            #expect(head.status == 200 && head.body.isEmpty)
            #expect(head.timelessHeaders == picture.timelessHeaders)
            let post = try await server.send(.POST, path)
            post.expectProblem(405, "method-not-allowed")
            #expect(post.header("Allow") == "GET, HEAD")
            try await server.get("\(path)?size=1").expectProblem(422, "validation", naming: ["size"])

            // It is a JPEG file that is taken as well as a PNG one.
            let other = try await server.makeUser("other")
            let again = try await server.setPicture(Array(picture.body), of: other)
            #expect(again.status == 200 && again.text("image_file") != nil)
        }
    }

    // MARK: What is kept

    @Test func aPictureGoesWhenItIsReplacedOrRemoved() async throws {
        try await TestServer.runEmpty { server, folder in
            let user = try await server.makeUser("sitter")
            let empty = try TestServer.pictureFiles(in: folder)
            let first = try await server.setPicture(TestPicture.png(.red), of: user)
            let second = try await server.setPicture(TestPicture.png(.green), of: user)
            let (old, new) = (try #require(first.text("image_path")), try #require(second.text("image_path")))
            #expect(old != new)
            #expect(try await server.get(old).status == 404)
            #expect(try await server.get(new).status == 200)
            let files = try TestServer.pictureFiles(in: folder)
            let file = try #require(second.text("image_file"))
            #expect(files.contains { $0.hasSuffix(file) })
            let replaced = try #require(first.text("image_file"))
            #expect(files.allSatisfy { !$0.hasSuffix(replaced) })
            // The same once more is no change.
            let same = try await server.setPicture(TestPicture.png(.green), of: user)
            #expect(same.status == 200 && same.body == second.body)
            #expect(try await server.get(new).status == 200)
            #expect(try TestServer.pictureFiles(in: folder) == files)

            // A second removal finds nothing to do.
            for _ in 0..<2 {
                let removed = try await server.send(
                    .DELETE, "/api/users/\(user.id)/picture", headers: user.headers)
                #expect(removed.status == 200 && removed.json["image_file"] is NSNull)
                #expect(removed.text("image_path") == imagePath(for: nil))
                #expect(removed.text("email") == user.email)
            }
            #expect(try await server.get(new).status == 404)
            #expect(try await server.get(imagePath(for: nil)).status == 200)
            #expect(try TestServer.pictureFiles(in: folder) == empty)
        }
    }

    @Test func aPictureStaysAsLongAsSomebodyHasIt() async throws {
        try await TestServer.runEmpty { server, folder in
            let empty = try TestServer.pictureFiles(in: folder)
            let users = [
                try await server.makeUser("one"), try await server.makeUser("two"),
                try await server.makeUser("three"),
            ]
            var paths: Set<String> = []
            for user in users {
                let reply = try await server.setPicture(TestPicture.png(.red), of: user)
                paths.insert(try #require(reply.text("image_path")))
            }
            #expect(paths.count == 1, "a name tells the content")
            let path = try #require(paths.first)
            // Replaced, removed, and gone with its user.
            #expect(try await server.setPicture(TestPicture.png(.green), of: users[0]).status == 200)
            #expect(try await server.get(path).status == 200)
            let removed = try await server.send(
                .DELETE, "/api/users/\(users[1].id)/picture", headers: users[1].headers)
            #expect(removed.status == 200)
            #expect(try await server.get(path).status == 200)
            let deleted = try await server.delete(users[2])
            #expect(deleted.status == 204)
            #expect(try await server.get(path).status == 404)
            let last = try await server.delete(users[0])
            #expect(last.status == 204)
            #expect(try TestServer.pictureFiles(in: folder) == empty)
        }
    }

    // MARK: What is refused

    /// A form that was sent in place of one with a picture.
    private struct WrongForm: Sendable {
        var name: String
        var type: String? = "multipart/form-data; boundary=\(Self.boundary)"
        var body: [UInt8]
        var status: Int
        var code: String
        var names: [String] = []

        static let boundary = "the-boundary"
    }

    private static let picture = TestPicture.png(.green)

    private static func part(_ disposition: String, _ bytes: [UInt8]) -> [UInt8] {
        let head = "--\(WrongForm.boundary)\r\nContent-Disposition: form-data\(disposition)\r\n\r\n"
        return Array(head.utf8) + bytes + Array("\r\n".utf8)
    }

    private static let end = Array("--\(WrongForm.boundary)--\r\n".utf8)
    private static let file = part("; name=\"file\"; filename=\"a.png\"", picture)

    private static let wrongForms: [WrongForm] = [
        WrongForm(
            name: "text that is called a picture",
            body: part("; name=\"file\"; filename=\"a.jpg\"", Array("no picture at all".utf8)) + end,
            status: 415, code: "unsupported-media-type"),
        WrongForm(
            name: "an empty file", body: part("; name=\"file\"; filename=\"a.png\"", []) + end, status: 415,
            code: "unsupported-media-type"),
        WrongForm(
            name: "half a picture",
            body: part("; name=\"file\"; filename=\"a.png\"", Array(picture.prefix(picture.count / 2))) + end,
            status: 415, code: "unsupported-media-type"),
        WrongForm(
            name: "JSON", type: "application/json", body: Array("{}".utf8), status: 415,
            code: "unsupported-media-type"),
        WrongForm(
            name: "a bare picture", type: "image/png", body: picture, status: 415,
            code: "unsupported-media-type"),
        WrongForm(
            name: "no type", type: nil, body: file + end, status: 415, code: "unsupported-media-type"),
        WrongForm(
            name: "no file chosen", body: part("; name=\"file\"; filename=\"\"", []) + end, status: 422,
            code: "validation", names: ["file"]),
        WrongForm(
            name: "another name", body: part("; name=\"image\"; filename=\"a.png\"", picture) + end,
            status: 422, code: "validation", names: ["image"]),
        WrongForm(
            name: "another field besides", body: part("; name=\"note\"", Array("hello".utf8)) + file + end,
            status: 422, code: "validation", names: ["note"]),
        WrongForm(
            name: "two files", body: file + file + end, status: 422, code: "validation", names: ["file"]),
        WrongForm(
            name: "no file but text", body: part("; name=\"file\"", picture) + end, status: 422,
            code: "validation", names: ["file"]),
        WrongForm(name: "no end", body: file, status: 400, code: "malformed-request"),
        WrongForm(name: "nothing", body: [], status: 400, code: "malformed-request"),
        WrongForm(
            name: "no disposition",
            body: Array("--\(WrongForm.boundary)\r\n\r\n".utf8) + picture + Array("\r\n".utf8) + end,
            status: 400, code: "malformed-request"),
        WrongForm(
            name: "no name", body: part("", picture) + end, status: 400, code: "malformed-request"),
        WrongForm(
            name: "no boundary", type: "multipart/form-data", body: file + end, status: 400,
            code: "malformed-request"),
        WrongForm(
            name: "another boundary", type: "multipart/form-data; boundary=other", body: file + end,
            status: 400, code: "malformed-request"),
    ]

    @Test func whatIsNoPictureChangesNothing() async throws {
        try await TestServer.runEmpty { server, folder in
            let user = try await server.makeUser("sitter")
            let before = try await server.setPicture(TestPicture.png(.red), of: user)
            let files = try TestServer.pictureFiles(in: folder)
            for form in Self.wrongForms {
                var headers = user.headers
                if let type = form.type { headers.add(name: "Content-Type", value: type) }
                let reply = try await server.send(
                    .PATCH, "/api/users/\(user.id)/picture", headers: headers, body: Data(form.body))
                reply.expectProblem(form.status, form.code, naming: form.names, form.name)
            }
            #expect(try await server.get("/api/users/me", headers: user.headers).body == before.body)
            #expect(try TestServer.pictureFiles(in: folder) == files)
            // It was the forms.
            var headers = user.headers
            headers.add(name: "Content-Type", value: "multipart/form-data; boundary=\(WrongForm.boundary)")
            let good = try await server.send(
                .PATCH, "/api/users/\(user.id)/picture", headers: headers, body: Data(Self.file + Self.end))
            #expect(good.status == 200 && good.text("image_file") != before.text("image_file"))
        }
    }

    @Test func aFileMayBeAsLargeAsTheLimitAndNoLarger() async throws {
        try await TestServer.runEmpty { server, folder in
            let user = try await server.makeUser("sitter")
            let files = try TestServer.pictureFiles(in: folder)
            // What stands behind the end of an image is not looked at.
            let picture = TestPicture.png(.red)
            let padding = [UInt8](repeating: 0, count: BodyLimits.picture + 1 - picture.count)
            let form = Self.part("; name=\"file\"; filename=\"a.png\"", picture + padding) + Self.end
            let head = Self.head(of: user)
            let declared = try #require(
                try await server.sendRaw(head: head + ["Content-Length: \(form.count)"], body: form))
            let chunked = try #require(
                try await server.sendRaw(
                    head: head + ["Transfer-Encoding: chunked"],
                    body: TestServer.chunked(form, chunkBytes: 1_000_000)))
            for reply in [declared, chunked] {
                #expect(reply.status == 413 && reply.json["code"] as? String == "payload-too-large")
            }
            #expect(try await server.get("/api/users/\(user.id)").json["image_file"] is NSNull)
            #expect(try TestServer.pictureFiles(in: folder) == files)

            let largest = Self.part("; name=\"file\"; filename=\"a.png\"", picture + padding.dropLast())
            let taken = try #require(
                try await server.sendRaw(
                    head: head + ["Content-Length: \(largest.count + Self.end.count)"],
                    body: largest + Self.end))
            #expect(taken.status == 200 && taken.json["image_file"] is String, "\(taken.body)")
        }
    }

    @Test func aFormMayComeInChunksOfAnySize() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("sitter")
            let expected = try await server.setPicture(Self.picture, of: user).text("image_file")
            for chunkBytes in [1, 7, 10_000] {
                let removed = try await server.send(
                    .DELETE, "/api/users/\(user.id)/picture", headers: user.headers)
                #expect(removed.status == 200)
                let reply = try await server.sendRaw(
                    head: Self.head(of: user) + ["Transfer-Encoding: chunked"],
                    body: TestServer.chunked(Self.file + Self.end, chunkBytes: chunkBytes))
                #expect(reply?.status == 200 && reply?.json["image_file"] as? String == expected)
            }
        }
    }

    @Test func halfAnUploadLeavesNothing() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let form = Self.file + Self.end
        let (user, before, files) = try await TestServer.runEmpty(in: folder) { server, folder in
            let user = try await server.makeUser("sitter")
            let before = try await server.setPicture(TestPicture.png(.red), of: user)
            let files = try TestServer.pictureFiles(in: folder)
            let head = Self.head(of: user)
            // Cut off in the file, behind it, and with the end of the form but not of the body.
            let uploads: [(field: String, body: [UInt8])] = [
                ("Content-Length: \(form.count)", Array(form.prefix(form.count / 2))),
                ("Content-Length: \(form.count)", Self.file),
                ("Content-Length: \(form.count + 1)", form),
                ("Transfer-Encoding: chunked", TestServer.chunked(form, chunkBytes: 50).dropLast(100)),
                ("Transfer-Encoding: chunked", TestServer.chunked(form, chunkBytes: 50).dropLast(5)),
            ]
            for (field, body) in uploads {
                try await RawConnection.open(port: server.port) { session in
                    let lines = [head[0], "Host: test"] + head.dropFirst() + [field]
                    try await session.send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)
                }
            }
            return (user, before.body, files)
        }
        // The server has ended, and with it every request.
        #expect(try TestServer.pictureFiles(in: folder) == files)
        try await TestServer.runEmpty(in: folder) { server, _ in
            let login = try #require(try await server.logIn(email: user.email).text("access_token"))
            let me = try await server.get("/api/users/me", headers: ["Authorization": "Bearer \(login)"])
            #expect(me.body == before)
        }
    }

    // MARK: Names

    @Test func noNameLeadsOutOfTheFolder() async throws {
        try await TestServer.runEmpty { server, folder in
            let user = try await server.makeUser("sitter")
            let reply = try await server.setPicture(TestPicture.png(.red), of: user)
            let file = try #require(reply.text("image_file"))
            // A file of a picture's name one folder up, and some in the folder that are no pictures.
            let media = ServerConfiguration.mediaPath(of: folder.path(TestServer.databaseName))
            for path in [folder.path(file), "\(media)/notes.txt", "\(media)/.hidden", "\(media)/x.jpg"] {
                try #require(FileManager.default.createFile(atPath: path, contents: Data("secret".utf8)))
            }
            let names = [
                "../\(file)", "..%2f\(file)", "..%2F\(file)", "%2e%2e/\(file)", "%2e%2e%2f\(file)",
                ".%2e/\(file)",
                "..%5c\(file)", "..\\\(file)", "..%252f\(file)", "%c0%ae%c0%ae%2f\(file)", "....//\(file)",
                "../\(TestServer.databaseName)", "..%2f\(TestServer.databaseName)",
                "..%2f\(TestServer.databaseName).secret", "%2fetc%2fpasswd", "..%2f..%2f..%2fetc%2fpasswd",
                "%2e", "%2e%2e", ".", "..", "...", "%20", "*", "~", "%", "%zz", "%ff", "notes.txt", ".hidden",
                "x.jpg", "%00", "\(file)%00", "%00\(file)", "\(file)%00.jpg", "\(file)%20",
                " ",
                "\(file).", "\(file)~", "\(file)%2f", "./%2e%2e%2f\(file)", file.uppercased() + "x",
                String(repeating: "a", count: 300), String(repeating: "0", count: 5_000) + ".jpg",
                String(repeating: "..%2f", count: 500) + "etc%2fpasswd",
            ]
            for name in names {
                let reply = try await RawConnection.open(port: server.port) { session in
                    try await session.get(Array("/media/\(name)".utf8))
                }
                let status = try #require(reply?.status, "\(name.prefix(60))")
                #expect([400, 404].contains(status), "\(name.prefix(60)): \(status)")
                #expect(reply?.headers["content-type"] == "application/problem+json", "\(name.prefix(60))")
                #expect(reply?.body.contains("secret") == false, "\(name.prefix(60))")
            }
            #expect(try await server.get("/media/\(file)").status == 200)
        }
    }

    // MARK: Parts

    private static func head(of user: TestUser) -> [String] {
        [
            "PATCH /api/users/\(user.id)/picture HTTP/1.1", "Authorization: Bearer \(user.token)",
            "Content-Type: multipart/form-data; boundary=\(WrongForm.boundary)",
        ]
    }
}

extension TestServer {
    fileprivate func setPicture(_ file: [UInt8], of user: TestUser) async throws -> Reply {
        try await send(.PATCH, "/api/users/\(user.id)/picture", file: file, headers: user.headers)
    }
}
