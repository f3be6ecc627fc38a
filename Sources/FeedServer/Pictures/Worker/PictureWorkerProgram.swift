/// The program that decodes pictures in a process of its own.
public struct PictureWorkerProgram: Sendable {
    /// The program that this process runs, also where its file has been replaced since: so that both are of
    /// one version. It has to call ``PictureWorker/run()`` where ``PictureWorker/argument`` is its first
    /// argument.
    public static let thisProgram = PictureWorkerProgram(
        path: "/proc/self/exe", arguments: ["feed-server", PictureWorker.argument])

    let path: String
    let arguments: [String]
    var limits = PictureWorkerLimits()

    /// - Parameters:
    ///   - path: of the program's file.
    ///   - arguments: what it is called first, and then its arguments.
    public init(path: String, arguments: [String]) {
        self.path = path
        self.arguments = arguments
    }

    /// Another file of the same program.
    ///
    /// - Parameter path: of an executable `feed-server`.
    public static func feedServer(at path: String) -> PictureWorkerProgram {
        PictureWorkerProgram(path: path, arguments: thisProgram.arguments)
    }
}
