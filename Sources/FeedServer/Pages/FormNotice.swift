/// What a form says that belongs to none of its fields.
enum FormNotice: Hashable, Sendable {
    /// Something was done: `Saved.`
    case done(String)
    /// Why nothing was done: `E-mail address or password is wrong.`
    case failed(String)
}
