import HTTP1

/// What is wrong with a server's answer behind its head.
enum AnswerDefect: Error, Equatable {
    case framing(FramingError)
    /// Bytes behind the answer's end: whose they are nobody can know.
    case surplus
}
