import Balancing
import Foundation
import Testing

/// Tests/Fixtures/ring/vectors.tsv, which has its own definition.
struct HashRingVectorTests {
    private let rows: [[String]]

    init() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/ring/vectors.tsv")
        rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
            .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    }

    @Test func hashesAreThoseOfTheVectors() {
        let vectors = rows.filter { $0[0] == "hash" }
        #expect(vectors.count == 36)
        for vector in vectors { #expect(HashRing.hash(Array(vector[1].utf8)) == UInt64(vector[2], radix: 16), "\(vector)") }
    }

    @Test func keysLeadToTheServersOfTheVectors() throws {
        var members: [HashRing.Member] = []
        var ring: HashRing?
        var rings = 0
        var keys = 0
        for row in rows {
            switch row[0] {
            case "ring":
                members = []
                ring = nil
                rings += 1
            case "server":
                members.append(HashRing.Member(name: row[1], weight: try #require(Int(row[2])), place: members.count))
            case "key":
                let built = ring ?? HashRing(members)
                ring = built
                let names = built.order(of: row[1], distinct: row.count - 2).map { members[$0].name }
                #expect(names == Array(row[2...]), "\(row)")
                keys += 1
            default: break
            }
        }
        #expect(rings == 5 && keys == 180)
    }
}
