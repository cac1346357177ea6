import Balancing

/// The form of HAProxy's stats page: `s=SERVER` (any number), `b=POOL` or `b=#NUMBER` as in `show stat`, `action=ready|drain|maint`.
enum ServerForm {
    /// As HAProxy's page has it after `;st=`.
    enum Result: String, CaseIterable {
        case done = "DONE"
        case part = "PART"
        case nothing = "NONE"
        case wrong = "ERRP"

        /// For people.
        var text: String {
            switch self {
            case .done: "Done."
            case .part: "Only a part was done: some of the servers do not exist."
            case .nothing: "No server was selected: nothing was done."
            case .wrong: "The form is not valid: nothing was done."
            }
        }
    }

    /// - Returns: how it ended, and what was done, one line for each server
    static func perform(_ form: FormText, on host: inout some AdminHost) -> (Result, [String]) {
        guard let state = form["action"].flatMap(AdminState.init), let pool = pool(form["b"] ?? "", host.report()) else {
            return (.wrong, [])
        }
        let names = form.all("s")
        var done: [String] = []
        for name in names where host.perform(.setState(.init(pool: pool, server: name), state)) == .done {
            done.append("Server \(pool)/\(name): \(state.rawValue)")
        }
        let result: Result = done.isEmpty ? (names.isEmpty ? .nothing : .wrong) : done.count == names.count ? .done : .part
        return (result, done)
    }

    private static func pool(_ text: String, _ report: ServiceReport) -> String? {
        guard text.hasPrefix("#") else { return report.pools.contains { $0.name == text } ? text : nil }
        guard let number = Int(text.dropFirst()) else { return nil }
        // Numbered as in `show stat`, from 1 on.
        let first = report.listeners.count + 1
        return number >= first && number - first < report.pools.count ? report.pools[number - first].name : nil
    }
}
