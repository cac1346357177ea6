import Foundation
import Model
import Puppet
import Testing

/// Paths and what Jetty 9.4.57 makes of them (Tests/Fixtures/traces/jetty-paths.tsv: `decodePath`, then refused where `canonicalPath`
/// changes its length, then `compactPath`, as Puppet Server's webserver service calls them; UTF-8 in hexadecimal).
@Suite struct JettyPathTests {
    /// What is refused here although Jetty has a reading of it.
    private static let strict: Set<Ambiguity> = [.encodedSlash, .controlByte, .fragment, .notUTF8, .brokenPercent, .environmentNotWord]

    @Test func pathsAreReadAsJettyReadsThemOrRefused() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/traces/jetty-paths.tsv")
        var request = PuppetRequest()
        var same = 0
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
            let columns = line.split(separator: "\t")
            let path = Array(columns[0].utf8)
            if path == [UInt8(ascii: "*")] { continue }
            let found = request.classify(method: .get, target: path.span)
            if case .ambiguous(let problem) = found {
                #expect(columns[1] == "refused" || Self.strict.contains(problem), "\(line): \(problem)")
                continue
            }
            let hexadecimal = request.normalPath.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            #expect(hexadecimal == columns[1], "\(line)")
            same += 1
        }
        #expect(same > 200)
    }
}
