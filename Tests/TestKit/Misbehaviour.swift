/// How a server misbehaves. A response to HEAD has no content, so that misbehaviour within the content has no effect then.
package enum Misbehaviour: String, Sendable, CaseIterable {
    /// None: responds to every request with 200 and `running`.
    case behavesWell

    // MARK: Before a response
    /// No socket listens. Only from the start on.
    case refusesConnections
    /// Accepts and resets as soon as a byte waits, none read.
    case resetsAfterAccept
    case acceptsAndNeverAnswers
    /// Accepts and leaves every byte where it is.
    case acceptsAndNeverReads
    /// Takes whole requests and leaves them at that.
    case readsAndNeverAnswers
    /// Reads the head alone, then resets.
    case resetsAfterHead
    /// Reads head and content whole, then resets.
    case resetsAfterRequest
    /// Reads head and content whole, then closes in order.
    case closesWithoutAnswer
    /// Responds to one request a connection without `Connection: close` and closes when the next one arrives: the race on reuse.
    case closesOnReuse

    // MARK: In the response head
    /// Sends half of a head, then nothing.
    case stallsInHead
    case closesInHead
    case answersGarbage
    case answersWithLengthAndChunked
    /// 300 KB of field lines.
    case answersHugeHead
    /// 101, though the client did not request another protocol.
    case switchesProtocols
    /// A second response follows the first in the same segment.
    case answersTwice
    /// Chunked, with a size that is none, all in one segment.
    case answersWithBadChunks

    // MARK: In the response's content
    /// Sends its head, then nothing.
    case stallsAfterHead
    /// Sends head and half of the content, then nothing.
    case stallsInBody
    /// Closes in the middle of a content with Content-Length.
    case cutsInBody
    case resetsInBody
    /// Closes in the middle of a chunked content, between two chunks.
    case cutsInChunks
    /// Chunked, with a malformed size after the first megabyte.
    case answersWithLateBadChunks
    /// Resets in the middle of a content that ends with the connection.
    case resetsInOpenEndedBody

    // MARK: Whole responses
    case answers500
    case answers503
    case answers503WithRetryAfter
    /// A content that ends with the connection, which closes in order: nothing shows whether it is all.
    case endsBodyByClosing
    /// The same; in TLS without close_notify, which shows that the end may be anybody's.
    case endsBodyByClosingSilently
    /// One byte of its head every 20 ms.
    case sendsHeadSlowly
    /// 100, then 103, then 200.
    case sendsInterimAnswers
    case resetsAfterAnswer
    /// Responds with 200 as soon as it has the head, and reads the content afterwards.
    case answersBeforeBodyIsRead
    /// Responds with 413 and `Connection: close` as soon as it has the head, and closes without reading the content.
    case refusesBodyUnread
}
