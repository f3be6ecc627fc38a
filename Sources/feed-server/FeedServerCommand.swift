import ArgumentParser

@main
struct FeedServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "feed-server",
        abstract: "A feed server for infinite scroll: cursor first, totals cached.",
        version: "0.1.0",
        subcommands: [Serve.self, Populate.self])
}
