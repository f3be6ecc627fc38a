import FeedStore
import Foundation
import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// Where one is logged in, and the end of that.
struct SessionAPITests {
    private static let path = "/api/users/me/sessions"

    private func list(_ server: TestServer, _ user: TestUser) async throws -> [[String: Any]] {
        let reply = try await server.get(Self.path, headers: user.headers)
        #expect(reply.status == 200 && reply.header("Cache-Control") == "no-store")
        return try #require(reply.json["sessions"] as? [[String: Any]])
    }

    @Test func sessionsAreListedNewestFirstWithoutWhatLetsIn() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("ann")
            let other = try await server.makeUser("bob")
            #expect(try await list(server, user).isEmpty, "a token is no session")
            let origin = SessionOrigin(userAgent: "A browser/1.0", address: "2001:db8::1")
            let cookies = [
                try await server.sessionCookie(of: user),
                try await server.sessionCookie(of: user, origin: origin),
            ]
            _ = try await server.sessionCookie(of: other)
            let listed = try await list(server, user)
            #expect(listed.count == 2)
            for session in listed {
                #expect(
                    Set(session.keys) == [
                        "id", "created_at", "last_used_at", "expires_at", "user_agent", "address",
                    ])
                for name in ["created_at", "last_used_at", "expires_at"] {
                    #expect((session[name] as? String)?.utf8.count == Timestamp.rfc3339Length, "\(name)")
                }
                let id = try #require(session["id"] as? String)
                #expect(UserSession.id(text: id)?.count == UserSession.idLength)
                for cookie in cookies { #expect(!cookie.contains(id)) }
            }
            #expect(listed[0]["user_agent"] as? String == "A browser/1.0")
            #expect(listed[0]["address"] as? String == "2001:db8::1")
            #expect(listed[1]["user_agent"] is NSNull && listed[1]["address"] is NSNull)
        }
    }

    @Test func oneSessionIsEnded() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("ann")
            let other = try await server.makeUser("bob")
            let cookies = [
                try await server.sessionCookie(of: user), try await server.sessionCookie(of: user),
            ]
            let ids = try await list(server, user).compactMap { $0["id"] as? String }
            try #require(ids.count == 2)
            func end(_ id: String, by user: TestUser) async throws -> TestServer.Reply {
                try await server.send(.DELETE, "\(Self.path)/\(id)", headers: user.headers)
            }
            try await end(ids[0], by: other).expectProblem(404, "not-found")
            for id in ["x", "1", "\(ids[0])A", String(ids[0].dropLast()), cookies[1], "%00"] {
                try await end(id, by: user).expectProblem(404, "not-found", id)
            }
            #expect(try await list(server, user).count == 2)
            let reply = try await end(ids[0], by: user)
            #expect(reply.status == 204 && reply.body.isEmpty)
            try await end(ids[0], by: user).expectProblem(404, "not-found")
            #expect(try await server.isSession(cookies[0]))
            #expect(try await server.isSession(cookies[1]) == false)
            #expect(try await server.get("/api/users/me", headers: user.headers).status == 200)
        }
    }

    @Test func allSessionsAndTokensAreEnded() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("ann")
            let other = try await server.makeUser("bob")
            let stolen = try #require(try await server.logIn(email: user.email).text("access_token"))
            let cookie = try await server.sessionCookie(of: user)
            let others = try await server.sessionCookie(of: other)
            #expect(try await server.send(.DELETE, Self.path, headers: user.headers).status == 204)
            for token in [user.token, stolen] {
                let headers: HTTPHeaders = ["Authorization": "Bearer \(token)"]
                try await server.get("/api/users/me", headers: headers).expectProblem(401, "unauthorized")
                try await server.send(.DELETE, Self.path, headers: headers)
                    .expectProblem(401, "unauthorized")
            }
            #expect(try await server.isSession(cookie) == false)
            #expect(try await server.isSession(others))
            #expect(try await server.get("/api/users/me", headers: other.headers).status == 200)
            // The password is as before.
            #expect(try await server.logIn(email: user.email).status == 200)
        }
    }
}
