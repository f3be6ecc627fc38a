public import FeedStore

extension BulkData {
    /// The user with id `number`, always the same one.
    ///
    /// Usernames and email addresses are unique, because they contain the number, and are in lower case.
    /// All have the default picture.
    ///
    /// - Precondition: `number` is in `1...BulkData.maximumUsers`.
    public static func user(_ number: Int) -> User {
        precondition((1...maximumUsers).contains(number), "a user number is in 1...\(maximumUsers)")
        var random = SplitMix64(seed: UInt64(number))
        let name = givenNames[random.below(givenNames.count)]
        let separator = separators[random.below(separators.count)]
        let username = "\(name)\(separator)\(number)"
        return User(
            author: Author(id: Int64(number), username: username, imageFile: nil),
            email: "\(username)@example.com")
    }

    /// Every character besides letters and digits that a username may have.
    private static let separators = ["_", "-", "."]

    private static let givenNames = [
        "ada", "amir", "bea", "chen", "dana", "elif", "emeka", "finn", "grete", "hana", "ines", "ivo",
        "jana", "kai", "lena", "luca", "maja", "milo", "nadia", "noor", "olu", "omar", "pia", "quinn",
        "rosa", "samir", "suki", "tariq", "uma", "vera", "yuki", "zoe",
    ]
}
