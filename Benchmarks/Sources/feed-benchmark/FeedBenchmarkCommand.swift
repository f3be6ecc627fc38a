import ArgumentParser

@main
struct FeedBenchmarkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "feed-benchmark",
        abstract: "Measures paging by offset against paging by cursor, and writes a report.",
        subcommands: [Run.self, Render.self, Compare.self], defaultSubcommand: Run.self)
}
