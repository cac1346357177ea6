import Foundation
import Model
import Puppet
import PuppetInvariants
import Testing

/// Recorded runs of real agents (Tests/Fixtures/traces). `expected.tsv` is made by make-expected.py from the recordings alone.
@Suite struct TraceTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/traces")

    private func requests(_ trace: String) throws -> [String: (method: String, path: String)] {
        var requests: [String: (method: String, path: String)] = [:]
        let text = try String(contentsOf: Self.folder.appendingPathComponent(trace), encoding: .utf8)
        for line in text.split(separator: "\n") {
            let entry = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            guard let path = entry["path"] as? String, let method = entry["method"] as? String else { continue }
            requests["\(try #require(entry["n"] as? Int))"] = (method, path)
        }
        return requests
    }

    @Test func everyRecordedRequestIsWhatItIs() throws {
        let expected = try String(contentsOf: Self.folder.appendingPathComponent("expected.tsv"), encoding: .utf8)
        var traces: [String: [String: (method: String, path: String)]] = [:]
        var request = PuppetRequest()
        var seen = 0
        for row in expected.split(separator: "\n") {
            let columns = row.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            let trace = columns[0]
            if traces[trace] == nil { traces[trace] = try requests(trace) }
            let taken = traces[trace]?.removeValue(forKey: columns[1])
            let recorded = try #require(taken)
            let method: RequestMethod =
                ["GET": .get, "PUT": .put, "POST": .post, "HEAD": .head, "DELETE": .delete][recorded.method] ?? .other
            let found = ClassifiedRequest(method: method, target: Array(recorded.path.utf8), reusing: &request)
            let actual = [
                found.endpoint.rawValue, String(decoding: found.certname, as: UTF8.self),
                String(decoding: found.environment, as: UTF8.self), found.environmentSource?.rawValue ?? "",
            ]
            #expect(found.problem == nil, "\(recorded)")
            #expect(actual == Array(columns[2...]), "\(recorded)")
            #expect(found.isCA == columns[2].hasPrefix("ca_"), "\(recorded)")
            seen += 1
        }
        let left = traces.values.reduce(0) { $0 + $1.count }
        #expect(left == 0, "a recorded request without an expectation")
        #expect(seen == 757)
    }

    @Test func theRecordedCatalogBodyNamesItsEnvironment() throws {
        let body = ArrivingBody(Array(try Data(contentsOf: Self.folder.appendingPathComponent("catalog-request.form"))))
        #expect(body.bytes.count == 11_009, "the request's Content-Length")
        var request = PuppetRequest()
        for pieces in [[], Array(repeating: 1, count: 11_009), [1460, 1460, 8000]] {
            for query in ["", "?environment=other"] {
                let target = Array("/puppet/v3/catalog/node2.lab.test\(query)".utf8)
                let found = body.classified(target: target, pieces: pieces, reusing: &request)
                #expect(found.environment == Array("production".utf8))
                #expect(found.environmentSource == .body)
                #expect(found.transaction == Array("a38d20ca-c505-4b19-97d6-a08dccf1e52e".utf8))
            }
        }
    }
}
