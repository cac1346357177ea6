/// A line of the runtime socket: commands between semicolons, words between blanks.
///
/// As HAProxy's cli.c: `\;` and `\\` are literal, so is `\ ` (a blank in a word); a line that ends with ` <<` or ` <<WORD` has a payload,
/// up to an empty line or to the line WORD.
package struct AdminLine: Sendable, Equatable {
    package var commands: [[String]]
    /// The line that ends the payload, "" for an empty one; nil: there is no payload.
    package var payloadEnd: String?

    package init(_ text: String) {
        var text = text
        payloadEnd = nil
        if let marker = Self.payloadMarker(text) {
            payloadEnd = marker.end
            text = marker.rest
        }
        commands = [[]]
        var word = ""
        var isOpen = false
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if isEscaped {
                word.unicodeScalars.append(scalar)
                isOpen = true
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else if scalar == " " || scalar == "\t" || scalar == ";" {
                if isOpen { commands[commands.count - 1].append(word) }
                word = ""
                isOpen = false
                if scalar == ";" { commands.append([]) }
            } else {
                word.unicodeScalars.append(scalar)
                isOpen = true
            }
        }
        if isOpen { commands[commands.count - 1].append(word) }
        if commands.count > 1 { commands.removeAll { $0.isEmpty } }
    }

    private static func payloadMarker(_ text: String) -> (rest: String, end: String)? {
        let trimmed = text.reversed().drop { $0 == " " }.reversed()
        let line = String(trimmed)
        guard let blank = line.lastIndex(of: " "), line[line.index(after: blank)...].hasPrefix("<<") else { return nil }
        return (String(line[..<blank]), String(line[line.index(after: blank)...].dropFirst(2)))
    }
}
