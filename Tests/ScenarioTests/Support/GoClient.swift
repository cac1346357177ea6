import Foundation
import TestKit

/// Tests/Fixtures/tools/http2client, built once by Debian's Go.
enum GoClient {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    enum Failure: Error { case notBuilt([String]) }

    /// The program's path.
    static let program = Result<String, any Error> {
        let (source, output) = (root + "/Tests/Fixtures/tools/http2client/main.go", root + "/.build/go/http2client")
        let environment = [
            "GO111MODULE": "off", "CGO_ENABLED": "0", "GOPATH": root + "/.build/go", "GOCACHE": root + "/.build/go/cache", "GOFLAGS": "",
        ]
        let child = try ChildProcess(["/usr/bin/go", "build", "-o", output, source], environment: environment)
        guard child.waitForEnd(within: .seconds(300)) == 0 else { throw Failure.notBuilt(child.errorLines) }
        return output
    }

    /// Of Tests/Fixtures/tools.
    static func fixture(_ name: String) -> String { root + "/Tests/Fixtures/tools/" + name }
}
