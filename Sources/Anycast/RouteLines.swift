import Settings

/// What ExaBGP gets: a line for each prefix.
package struct RouteLines: Sendable {
    package var prefixes: [String]
    package var med = 100
    package var unfitMED = 1000
    package var communities: [String] = []

    package init(prefixes: [String]) { self.prefixes = prefixes }

    /// - Parameter old: nil: ExaBGP has been told nothing yet
    package func lines(from old: AnycastState?, to state: AnycastState) -> [String] {
        guard old != state else { return [] }
        guard state != .withdrawn else { return old == nil ? [] : prefixes.map { "withdraw route \($0) next-hop self" } }
        let set = communities.isEmpty ? "" : " community [ \(communities.joined(separator: " ")) ]"
        return prefixes.map { "announce route \($0) next-hop self med \(state == .announced ? med : unfitMED)\(set)" }
    }
}
