/// A worker's idle connections to one server, the most recently used one last. A class, so that taking one costs one look into a dictionary.
final class IdleConnections {
    var list: [UpstreamConnection]

    init(_ first: UpstreamConnection) { list = [first] }
}
