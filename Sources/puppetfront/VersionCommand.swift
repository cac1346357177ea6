import ArgumentParser
import Engine

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version, and those of OpenSSL and nghttp2.")

    func run() {
        Output.out("puppetfront \(Version.current)")
        Output.out(LibraryVersions.openSSL.hasPrefix("OpenSSL") ? LibraryVersions.openSSL : "OpenSSL \(LibraryVersions.openSSL)")
        Output.out("nghttp2 \(LibraryVersions.nghttp2)")
    }
}
