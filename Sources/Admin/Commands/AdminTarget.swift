/// A request's target on `admin.http`, in the forms that HAProxy's stats page has: `/path;word;word?name=value&word;word`.
package struct AdminTarget: Sendable {
    /// Without words and query.
    package private(set) var path: String
    /// `csv`, `json`, `norefresh` and the like, in any order.
    package private(set) var words: Set<String> = []
    private var values: [String: String] = [:]

    /// - Parameter text: in origin-form; bounded by the head's limit
    package init(_ text: String) {
        let halves = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let pieces = halves[0].split(separator: ";", omittingEmptySubsequences: false)
        path = String(pieces[0])
        words = Set(pieces.dropFirst().map(String.init))
        guard halves.count == 2 else { return }
        for part in halves[1].split(whereSeparator: { $0 == "&" || $0 == ";" }) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if sides.count == 2 {
                values[String(sides[0])] = FormText.decoded(sides[1])
            } else {
                words.insert(String(part))
            }
        }
    }

    /// A value of the query, decoded; nil where the name is not there.
    package subscript(name: String) -> String? { values[name] }
}
