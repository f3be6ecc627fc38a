import FeedStore
import HTTPTypes
import Hummingbird

/// What explains the server, and the files that its pages load.
struct ReferencePages: Sendable {
    let assets: StaticAssets
    let context: PageContext

    func addRoutes(to table: RouteTable) {
        table.addPage("/docs", [.get: docs])
        table.addPage("/problems/{code}", [.get: problem])
        table.add("/openapi.json", [.get: openAPI])
        table.add("/static/{name}", [.get: asset])
    }

    private func docs(_ visit: Visit) async throws -> Answer {
        try visit.takesNoParameters()
        let viewer = try await context.viewer(visit)
        return context.html(context.renderer.docsPage(viewer: viewer?.author), visit, viewer: viewer)
    }

    private func problem(_ visit: Visit) async throws -> Answer {
        try visit.takesNoParameters()
        guard let code = visit.parameters.get("code").flatMap(Problem.Code.init(named:)) else {
            throw Problem.notFound("problem of this name")
        }
        let viewer = try await context.viewer(visit)
        let page = context.renderer.errorPage(
            status: code.status.code, title: code.title, detail: code.explanation, viewer: viewer?.author)
        return context.html(page, visit, viewer: viewer)
    }

    private func openAPI(_ visit: Visit) async throws -> Answer {
        try visit.takesNoParameters()
        return file(assets.openAPI, visit)
    }

    private func asset(_ visit: Visit) async throws -> Answer {
        try visit.takesNoParameters()
        guard let asset = visit.parameters.get("name").flatMap({ assets[$0] }) else {
            throw Problem.notFound("file of this name")
        }
        return file(asset, visit)
    }

    private func file(_ asset: StaticAssets.Asset, _ visit: Visit) -> Answer {
        var answer = Answer(status: .ok, contentType: asset.contentType, body: asset.content)
        // The names stay the same from one version to the next, so caches have to ask.
        answer.fields[.cacheControl] = "no-cache"
        if asset.isPublic { answer.becomePublicResource() }
        answer.validate(against: visit.head.headerFields[.ifNoneMatch], tag: asset.entityTag)
        return answer
    }
}
