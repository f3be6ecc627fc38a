import FeedStore
import HTTPTypes

/// The pages on which users write, edit and delete posts.
struct WritingPages: Sendable {
    let authorship: Authorship
    let context: PageContext

    func addRoutes(to table: RouteTable) {
        table.addPage("/posts/new", [.get: newForm, .post: create])
        table.addPage("/posts/{id}/edit", [.get: editForm, .post: edit])
        table.addPage("/posts/{id}/delete", [.post: delete])
    }

    private func newForm(_ visit: Visit) async throws -> Answer {
        try visit.takesNoParameters()
        return try await context.withViewer(visit) { viewer in
            context.form(
                context.renderer.postFormPage(PostForm(subject: .newPost), viewer: viewer.author))
        }
    }

    private func create(_ visit: Visit) async throws -> Answer {
        try visit.takesNoParameters()
        return try await context.withViewer(visit) { viewer in
            let form = try await written(visit) { NewPost(&$0) }
            do {
                try form.check()
                let post = try await authorship.create(form.value, by: viewer.author.id)
                return context.redirect(to: "/posts/\(post.id)")
            } catch {
                let again = PostForm(
                    subject: .newPost, title: form.value.title, content: form.value.content)
                return try show(error, in: again, viewer)
            }
        }
    }

    private func editForm(_ visit: Visit) async throws -> Answer {
        try visit.takesNoParameters()
        return try await context.withViewer(visit) { viewer in
            let post = try await authorship.ownPost(id: try visit.id(of: "post"), of: viewer.author.id)
            let form = PostForm(subject: Self.subject(post), title: post.title, content: post.content)
            return context.form(context.renderer.postFormPage(form, viewer: viewer.author))
        }
    }

    private func edit(_ visit: Visit) async throws -> Answer {
        try visit.takesNoParameters()
        return try await context.withViewer(visit) { viewer in
            let id = try visit.id(of: "post")
            let post = try await authorship.ownPost(id: id, of: viewer.author.id)
            let form = try await written(visit) { PostEdit(whole: &$0) }
            do {
                try form.check()
                _ = try await authorship.edit(id, form.value, by: viewer.author.id)
                return context.redirect(to: "/posts/\(id)")
            } catch {
                let again = PostForm(
                    subject: Self.subject(post), title: form.value.title ?? "",
                    content: form.value.content ?? "")
                return try show(error, in: again, viewer)
            }
        }
    }

    private func delete(_ visit: Visit) async throws -> Answer {
        try visit.takesNoParameters()
        return try await context.withViewer(visit) { viewer in
            try await authorship.delete(try visit.id(of: "post"), by: viewer.author.id)
            return context.redirect(to: "/posts")
        }
    }

    // MARK: Parts

    private func written<Value>(
        _ visit: Visit, _ read: (inout FieldReader) -> Value
    ) async throws -> FilledForm<Value> {
        try await visit.form(upTo: BodyLimits.postForm) { fields in
            // Browsers send CR LF for each line end that was typed (HTML Standard, 4.10.22.4).
            fields.normalizeNewlines(of: TextRule.content.name)
            return read(&fields)
        }
    }

    private func show(_ error: any Error, in form: PostForm, _ viewer: User) throws -> Answer {
        let failure = try FormFailure(error)
        var form = form
        form.issues = failure.issues
        form.notice = failure.notice
        return context.form(
            context.renderer.postFormPage(form, viewer: viewer.author), failure: failure)
    }

    private static func subject(_ post: Post) -> PostForm.Subject {
        post.status == .draft ? .draft(id: post.id) : .published(id: post.id)
    }
}
