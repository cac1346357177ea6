/// How a server goes wrong, named by what it does. An answer to HEAD has no content: what goes wrong in one goes well then.
package enum Misbehaviour: String, Sendable, CaseIterable {
    /// None: answers every request with 200 and `running`.
    case behavesWell

    // MARK: Before an answer
    /// Nobody listens. Only from the start on.
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
    /// Answers one request a connection without `Connection: close` and closes when the next one comes: the race on reuse.
    case closesOnReuse

    // MARK: In the answer's head
    /// Sends half of a head, then nothing.
    case stallsInHead
    case closesInHead
    case answersGarbage
    case answersWithLengthAndChunked
    /// 300 KB of field lines.
    case answersHugeHead
    /// 101, though nobody asked for another protocol.
    case switchesProtocols
    /// A second answer follows the first in the same segment.
    case answersTwice
    /// Chunked, with a size that is none, all in one segment.
    case answersWithBadChunks

    // MARK: In the answer's content
    /// Sends its head, then nothing.
    case stallsAfterHead
    /// Sends head and half of the content, then nothing.
    case stallsInBody
    /// Closes in the middle of a content with Content-Length.
    case cutsInBody
    case resetsInBody
    /// Closes in the middle of a chunked content, between two chunks.
    case cutsInChunks
    /// Chunked, with a size that is none behind the first megabyte.
    case answersWithLateBadChunks
    /// Resets in the middle of a content that ends with the connection.
    case resetsInOpenEndedBody

    // MARK: Whole answers
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
    /// Answers 200 as soon as it has the head, and reads the content afterwards.
    case answersBeforeBodyIsRead
    /// Answers 413 with `Connection: close` as soon as it has the head, and closes without taking the content in.
    case refusesBodyUnread
}
