/// The form in which a post is written or edited.
struct PostForm: Sendable {
    /// What is written.
    enum Subject: Hashable, Sendable {
        case newPost
        case draft(id: Int64)
        case published(id: Int64)
    }

    var subject: Subject
    /// As typed or, on a fresh page, as stored.
    var title = ""
    /// As typed or, on a fresh page, as stored.
    var content = ""
    var issues: [Problem.Issue] = []
    var notice: FormNotice?
}

extension PostForm {
    /// What the page is called.
    var heading: String {
        switch subject {
        case .newPost: "Write a post"
        case .draft: "Edit the draft"
        case .published: "Edit the post"
        }
    }

    /// The path of the post; `nil` until there is one.
    var postPath: String? {
        switch subject {
        case .newPost: nil
        case .draft(let id), .published(let id): "/posts/\(id)"
        }
    }

    var view: FormView {
        FormView(
            id: "post", action: postPath.map { "\($0)/edit" } ?? "/posts/new", isWide: true,
            fields: [.title(title), .content(content)], buttons: buttons, issues: issues, notice: notice)
    }

    /// The Enter key in the title presses the first button: it must never publish.
    private var buttons: [FormView.Button] {
        switch subject {
        case .newPost, .draft:
            [
                .init("Save draft", .plain, name: "status", value: "draft"),
                .init("Publish", name: "status", value: "published"),
            ]
        case .published:
            [.init("Save", name: "status", value: "published")]
        }
    }
}
