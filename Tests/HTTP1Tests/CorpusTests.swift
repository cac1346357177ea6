import Foundation
import HTTP1
import HTTP1Invariants
import Model
import Testing

/// What the fuzzers found or started from, again: one case a file.
@Suite struct CorpusTests {
    private static func corpus(_ name: String) -> [URL] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures/fuzz/\(name)")
        let files = (try? FileManager.default.contentsOfDirectory(at: root, includingPropertiesForKeys: nil)) ?? []
        return files.sorted { $0.path < $1.path }
    }

    @Test func isThere() {
        for name in ["request-head", "response-head", "chunked"] { #expect(Self.corpus(name).count >= 12, "\(name)") }
    }

    @Test(arguments: corpus("request-head"))
    func requestHeadsKeepTheirInvariants(file: URL) throws {
        #expect(RequestHeadInvariants.violation(of: Array(try Data(contentsOf: file))) == nil)
    }

    @Test(arguments: corpus("response-head"))
    func responseHeadsKeepTheirInvariants(file: URL) throws {
        #expect(ResponseHeadInvariants.violation(of: Array(try Data(contentsOf: file))) == nil)
    }

    @Test(arguments: corpus("chunked"))
    func chunkedContentKeepsItsInvariants(file: URL) throws {
        #expect(ChunkedInvariants.violation(of: Array(try Data(contentsOf: file))) == nil)
    }

    /// Heads of real agents pass byte for byte but for what is ours.
    @Test(arguments: corpus("request-head").filter { $0.lastPathComponent.hasPrefix("agent-") })
    func agentsHeadsPassByteForByte(file: URL) throws {
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        let request = try #require(try ParsedRequest(text))
        #expect(
            request.written(block: "X-Client-Verify: NONE\r\n") == text.dropLast() + "X-Client-Verify: NONE\r\nVia: 1.1 puppetfront\r\n\r\n"
        )
    }

    /// Heads of a real Puppet Server, too; its chunked framing comes last.
    @Test(arguments: corpus("response-head").filter { $0.lastPathComponent.hasPrefix("server-") })
    func serversHeadsPassByteForByte(file: URL) throws {
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        let response = try #require(try ParsedResponse(text))
        let written = try #require(response.written())
        let ours = ["Transfer-Encoding: chunked\r\n", "Connection: close\r\n"]
        let kept = ours.reduce(String(text.dropLast())) { $0.replacing($1, with: "") }
        let framing = response.head.framing == .chunked ? "Transfer-Encoding: chunked\r\n" : ""
        #expect(written == kept + framing + "Via: 1.1 puppetfront\r\n\r\n")
    }
}
