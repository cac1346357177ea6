/// What a parser has made of the bytes that it was shown.
package enum ParseProgress: Sendable, Equatable {
    /// The head is not whole yet, and nothing that has been checked so far is wrong.
    case needMore
    case complete
}
