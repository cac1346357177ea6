/// `show stat`, as CSV, typed or JSON.
enum StatCommands {
    static let all: [AdminCommands.Command] = [
        AdminCommands.Command(
            AdminCommands.Signature(
                "show stat", [flags, .optional([.value("iid|name"), .optional([.integer("type"), .integer("sid")])]), flags],
                "counters of each object")
        ) { input in
            let text = text(input.words, input.host.report())
            return text == noProxy ? .refused(text) : .text(text)
        }
    ]

    private static let flags = Argument.flags(["typed", "json", "desc", "no-maint", "up"])
    private static let noProxy = "No such proxy.\n"

    private enum Form { case csv, typed, json }

    /// - Parameter words: those after `show stat`
    static func text(_ words: [String], _ report: ServiceReport) -> String {
        var form = Form.csv
        var names: [String] = []
        var hidesMaint = false
        var onlyUp = false
        for word in words {
            switch word {
            case "typed": form = .typed
            case "json": form = .json
            case "desc": break
            case "no-maint": hidesMaint = true
            case "up": onlyUp = true
            default: names.append(word)
            }
        }
        var rows = StatTable(report).rows
        if let first = names.first, first != "-1" {
            rows = rows.filter { $0[.pxname]?.text == first || "\($0.proxy)" == first }
            if rows.isEmpty, Int(first) == nil { return noProxy }
        }
        if names.count > 1, let mask = Int(names[1]), mask >= 0 {
            rows = rows.filter { mask & [1, 2, 4][$0.kind.rawValue] != 0 }
        }
        if names.count > 2, let server = Int(names[2]), server >= 0 { rows = rows.filter { $0.server == server } }
        rows = rows.filter { row in
            let status = row[.status]?.text ?? ""
            if hidesMaint, status.hasPrefix("MAINT") { return false }
            return !onlyUp || row.kind != .server || !status.hasPrefix("DOWN") && !status.hasPrefix("MAINT")
        }
        switch form {
        case .csv: return csv(rows)
        case .typed: return typed(rows)
        case .json: return json(rows)
        }
    }

    /// A field is quoted only where it holds a comma or a quote.
    private static func csv(_ rows: [StatRow]) -> String {
        var text = "# " + StatColumn.allCases.map { $0.name + "," }.joined() + "\n"
        for row in rows {
            for value in row.values { text += quoted(value?.text ?? "") + "," }
            text += "\n"
        }
        return text
    }

    private static func quoted(_ text: String) -> String {
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
        let inner = text.map { $0 == "\"" ? "\"\"" : $0.isNewline ? " " : String($0) }.joined()
        return "\"\(inner)\""
    }

    private static let letters: [StatRow.Kind: String] = [.frontend: "F", .backend: "B", .server: "S"]

    private static func typed(_ rows: [StatRow]) -> String {
        var text = ""
        for row in rows {
            for column in StatColumn.allCases {
                guard let value = row[column] else { continue }
                let tags = tags(column, row.kind)
                text +=
                    "\(letters[row.kind] ?? "").\(row.proxy).\(row.server).\(column.rawValue).\(column.name).1:\(tags.letters):\(tags.type):"
                    + "\(value.text)\n"
            }
            text += "\n"
        }
        return text
    }

    /// A backend counts servers in the columns where a server has a flag.
    private static func tags(_ column: StatColumn, _ kind: StatRow.Kind) -> FieldTags {
        kind == .backend && (column == .act || column == .bck) ? FieldTags("MGP:u32") : column.tags
    }

    private static func json(_ rows: [StatRow]) -> String {
        let objects = rows.map { row -> String in
            let fields = StatColumn.allCases.compactMap { column -> String? in
                guard let value = row[column] else { return nil }
                let kind = ["Frontend", "Backend", "Server"][row.kind.rawValue]
                return "{\"objType\":\"\(kind)\",\"proxyId\":\(row.proxy),\"id\":\(row.server),\"field\":{\"pos\":\(column.rawValue),"
                    + "\"name\":\"\(column.name)\"},\"processNum\":1,\(tags(column, row.kind).json(value.text))}"
            }
            return "[" + fields.joined(separator: ",") + "]"
        }
        return "[" + objects.joined(separator: ",") + "]\n"
    }
}
