/// The keys of a map that other parts of the file refer to.
struct Names {
    /// In the file's order.
    let inOrder: [String]
    private let indices: [String: Int]

    /// No names where there is no map.
    init(of value: DocumentValue?) {
        guard case .map(let entries) = value?.content else {
            (inOrder, indices) = ([], [:])
            return
        }
        inOrder = entries.map(\.key)
        indices = Dictionary(inOrder.enumerated().map { ($1, $0) }) { first, _ in first }
    }

    func index(of name: String) -> Int? { indices[name] }
}
