import Foundation

/// docs/grafana-dashboard.json, as Grafana would ask with everything chosen.
enum Dashboard {
    struct NoDashboard: Error {}

    static func expressions() throws -> [(title: String, expression: String)] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: root.appendingPathComponent("docs/grafana-dashboard.json"))
        guard let panels = (try JSONSerialization.jsonObject(with: data) as? [String: Any])?["panels"] as? [[String: Any]] else {
            throw NoDashboard()
        }
        return panels.flatMap { panel in
            (panel["targets"] as? [[String: Any]] ?? []).compactMap { target in
                (target["expr"] as? String).map { (panel["title"] as? String ?? "", chooseAll($0)) }
            }
        }
    }

    private static func chooseAll(_ expression: String) -> String {
        expression.replacing("$__rate_interval", with: "1m").replacing("$instance", with: ".*").replacing("$pool", with: ".*")
    }
}
