import Foundation

/// One program run to its end: exit code and what it printed, standard output and error in one.
struct Command {
    let exitCode: Int32
    let output: String

    /// Ends the program, and throws, once the time is over.
    static func run(_ arguments: [String], log: URL, within limit: Duration = .seconds(240)) async throws -> Command {
        let process = try start(arguments, output: log, errors: nil)
        do {
            try await waitUntil("the end of: \(arguments.joined(separator: " "))", within: limit) {
                process.isRunning ? nil : ()
            }
        } catch {
            process.terminate()
            throw LabError("\(error)\n\(contents(of: log))")
        }
        return Command(exitCode: process.terminationStatus, output: contents(of: log))
    }

    /// Starts a program whose output goes to files: nothing has to be read for it to go on.
    static func start(_ arguments: [String], output: URL, errors: URL?) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        let outputFile = try appending(to: output)
        process.standardOutput = outputFile
        process.standardError = try errors.map(appending) ?? outputFile
        try withAllSignalsUnblocked { try process.run() }
        return process
    }

    /// A child inherits its signal mask, and the threads that tests run on block every signal: SIGHUP would never arrive.
    private static func withAllSignalsUnblocked(_ spawn: () throws -> Void) rethrows {
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try spawn()
    }

    static func contents(of file: URL) -> String {
        guard let data = try? Data(contentsOf: file) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }

    private static func appending(to file: URL) throws -> FileHandle {
        if !FileManager.default.fileExists(atPath: file.path) {
            _ = FileManager.default.createFile(atPath: file.path, contents: nil)
        }
        let handle = try FileHandle(forWritingTo: file)
        try handle.seekToEnd()
        return handle
    }
}
