import ArgumentParser
import FeedServer
import Foundation

@main
struct FeedServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "feed-server",
        abstract: "A feed server for infinite scroll: cursor first, totals cached.",
        version: BuildInfo.text,
        subcommands: [Serve.self, Populate.self, Redate.self])

    /// As `ParsableCommand.main()`, except that whatever is wrong is one line on standard error.
    static func main() async {
        // Before anything else has been done that a picture's decoder does not need. No subcommand, because
        // it is for nobody but a server.
        if CommandLine.arguments.dropFirst().first == PictureWorker.argument {
            Foundation.exit(PictureWorker.run())
        }
        // Whatever is made is for this user alone, whoever has started it: posts, drafts, password hashes, pictures.
        umask(0o077)
        do {
            try StandardStreams.prepare()
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let code as ExitCode {
            // What was wrong has been said.
            StandardStreams.flush()
            exit(withError: code)
        } catch  where exitCode(for: error) == .success {
            // --help and --version come this way.
            exit(withError: error)
        } catch {
            CommandFailure.write("\(message(for: error)) See feed-server --help.")
            StandardStreams.flush()
            exit(withError: exitCode(for: error))
        }
        StandardStreams.flush()
    }
}
