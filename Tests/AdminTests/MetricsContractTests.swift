import Admin
import Foundation
import Testing

/// The exported metrics, their rows in docs/outputs.md, and docs/grafana-dashboard.json.
struct MetricsContractTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func text(_ path: String) throws -> String { try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8) }

    /// Name → kind, of every family.
    private static let exported: [String: String] = {
        let lines = Metrics.text(FakeHost().service).split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map {
            $0.split(separator: " ")
        }
        return Dictionary(uniqueKeysWithValues: lines.map { (String($0[2]), String($0[3])) })
    }()

    private static func names(in text: String) -> Set<String> {
        Set(text.matches(of: /puppetfront_[a-z0-9_]+/).map { String($0.output) })
    }

    @Test func theDocumentationNamesWhatIsExported() throws {
        let rows = try Self.text("docs/outputs.md").split(separator: "\n").filter { $0.hasPrefix("| `puppetfront_") }
        let documented = rows.flatMap { Self.names(in: String($0.split(separator: "|")[0])) }
        #expect(Set(documented) == Set(Self.exported.keys))
        #expect(documented.count == Self.exported.count, "each once")
    }

    @Test func countersAndHistogramsAreNamedAsPrometheusWants() {
        #expect(Self.exported.count > 30)
        for (name, kind) in Self.exported {
            #expect(name.hasSuffix("_total") == (kind == "counter"), "\(name)")
            if kind == "histogram" { #expect(name.hasSuffix("_duration_seconds")) }
        }
    }

    @Test func theDashboardShowsWhatIsExportedAndNothingElse() throws {
        let data = Data(try Self.text("docs/grafana-dashboard.json").utf8)
        let dashboard = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let panels = try #require(dashboard["panels"] as? [[String: Any]])
        let targets = panels.flatMap { $0["targets"] as? [[String: Any]] ?? [] }
        #expect(targets.count > 25)
        var shown: Set<String> = []
        for target in targets {
            let expression = try #require(target["expr"] as? String)
            let names = Self.names(in: expression)
            #expect(!names.isEmpty, "\(expression)")
            for name in names {
                let isBucket = name.hasSuffix("_bucket")
                let family = isBucket ? String(name.dropLast("_bucket".count)) : name
                #expect(Self.exported[family].map { ($0 == "histogram") == isBucket } == true, "\(name)")
                shown.insert(family)
            }
        }
        #expect(Set(Self.exported.keys).subtracting(shown) == ["puppetfront_connections_total"])
        #expect(Set(panels.compactMap { $0["id"] as? Int }).count == panels.count)
    }

    @Test func aSetOfLabelsHasOneSample() throws {
        var host = FakeHost()
        host.service.certificates = [("a.pem", Int64(300)), ("a.pem", 200), ("b.pem", 400)].map { file, end in
            var report = CertificateReport()
            (report.file, report.subject, report.ends) = (file, "CN=CA", end)
            return report
        }
        host.service.certificates += [500, 400].map { (end: Int64) in
            var report = CertificateReport()
            (report.kind, report.file, report.issuer, report.ends) = (.revocationList, "crl.pem", "CN=CA", end)
            return report
        }
        let lines = Metrics.text(host.service).split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(Set(lines.map { $0.prefix { $0 != " " } }).count == lines.count)
        #expect(lines.contains("puppetfront_certificate_expiry_seconds{file=\"a.pem\",subject=\"CN=CA\"} 200"))
        #expect(lines.contains("puppetfront_crl_next_update_seconds{issuer=\"CN=CA\"} 400"))
    }
}
