import Foundation
import StandIn
import TestKit

/// A Prometheus of a test alone (Debian's), which scrapes one target every second.
final class Prometheus {
    static let program = "/usr/bin/prometheus"
    static let promtool = "/usr/bin/promtool"

    private let child: ChildProcess
    private let port: LoopbackPort

    /// - Parameters:
    ///   - target: `ADDRESS:PORT`
    ///   - tokenFile: what it proves itself with
    init(scraping target: String, tokenFile: String, folder: TemporaryFolder) throws {
        let configuration = try folder.write(
            """
            global: { scrape_interval: 1s, scrape_timeout: 1s }
            scrape_configs:
              - job_name: puppetfront
                authorization: { credentials_file: \(tokenFile) }
                static_configs: [ { targets: ["\(target)"] } ]

            """, to: "prometheus.yml")
        port = try LoopbackPort()
        child = try ChildProcess([
            Self.program, "--config.file=\(configuration)", "--storage.tsdb.path=\(folder.path)/tsdb", "--web.listen-address=\(port.text)",
        ])
    }

    /// The JSON of its API; nil while it does not respond.
    func ask(_ path: String) -> [String: Any]? {
        guard child.isRunning, let client = try? RawClient(port.number), let answer = try? client.exchange(Self.request(path)),
            answer.status == 200
        else {
            return nil
        }
        return (try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])?["data"] as? [String: Any]
    }

    /// The health of its one target: `up`, `down`, `unknown`; and why it is down.
    func health() -> (String, String) {
        let target = (ask("/api/v1/targets")?["activeTargets"] as? [[String: Any]])?.first
        return (target?["health"] as? String ?? "", target?["lastError"] as? String ?? "")
    }

    /// The result of a query; nil if it is not understood.
    func ask(query: String) -> [[String: Any]]? {
        let words = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return ask("/api/v1/query?query=\(words)")?["result"] as? [[String: Any]]
    }

    /// The first value that a query gives.
    func value(_ query: String) -> Double? { ((ask(query: query)?.first?["value"] as? [Any])?.last as? String).flatMap(Double.init) }

    private static func request(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" }
}
