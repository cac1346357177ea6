import Buffers
import Foundation
import HTTP1
import Model
import Testing

/// The heads that real agents sent in recorded runs (Tests/Fixtures/traces): what reaches the server is the same bytes, in the same order,
/// with puppetfront's own fields after them.
@Suite struct RecordedHeadsTests {
    struct Recorded: Sendable, CustomTestStringConvertible {
        let text: String
        let line: Int
        var testDescription: String { "line \(line): \(text.prefix(80))" }
    }

    static let files = [
        "bootstrap", "cli", "crl-refresh", "env-switch-1", "env-switch-2", "first-run", "static-catalog-run", "static-catalog-steady",
        "steady-run",
    ]

    static func heads(_ file: String) throws -> [Recorded] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../Fixtures/traces")
        let lines = try String(contentsOf: folder.appendingPathComponent("\(file).jsonl"), encoding: .utf8).split(separator: "\n")
        return try lines.enumerated().compactMap { number, line in
            let entry = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            guard let method = entry["method"] as? String, let path = entry["path"] as? String,
                let fields = entry["req_headers"] as? [[String]]
            else { return nil }
            let lines = ["\(method) \(path) HTTP/1.1"] + fields.map { "\($0[0]): \($0[1])" }
            return Recorded(text: lines.joined(separator: "\r\n") + "\r\n\r\n", line: number + 1)
        }
    }

    @Test(arguments: files)
    func theyAreForwardedByteForByte(_ file: String) throws {
        let block = Array("X-Client-Verify: SUCCESS\r\nX-Client-DN: CN=a\r\nX-Forwarded-For: 192.0.2.1\r\n".utf8)
        var parser = RequestParser(limits: HeadLimits(head: 65536, target: 16384))
        let heads = try Self.heads(file)
        #expect(!heads.isEmpty)
        for recorded in heads {
            let bytes = Array(recorded.text.utf8)
            var head = RequestHead()
            let progress = try parser.parse(bytes.span, into: &head)
            #expect(progress == .complete, "\(recorded)")
            #expect(head.length == bytes.count)
            let output = ByteBuffer(capacity: 65536)
            let fits = HeadWriter.appendRequest(
                head, bytes: bytes.span, identityFields: block, forwardedFor: [], dropExpect: false, fallbackHost: Array("x".utf8),
                to: output)
            #expect(fits)
            let written = Array(UnsafeRawBufferPointer(start: output.base + output.start, count: output.count))
            let isSame = written == bytes.dropLast(2) + block + Array("Via: 1.1 puppetfront\r\n\r\n".utf8)
            #expect(isSame, "\(recorded)")
        }
    }
}
