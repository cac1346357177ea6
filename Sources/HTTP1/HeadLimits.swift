/// What a request head may hold. Both are bytes.
package struct HeadLimits: Sendable {
    /// The whole head with its empty line and the empty lines before it; over it: 431.
    package var head: Int
    /// The target as it came, before an absolute-form is cut; over it: 414.
    package var target: Int

    package init(head: Int, target: Int) {
        self.head = head
        self.target = target
    }

    /// Field lines in one head; one more is refused as a head that is too large.
    static let fieldCount = 256
    /// Bytes of a method; one more is malformed.
    static let method = 32
    /// Options in all Connection fields of a head; one more is malformed. Each is looked for among all fields.
    static let connectionOptions = 64
    /// Empty lines skipped before a request line (RFC 9112 section 2.2).
    static let leadingEmptyLines = 4
}
