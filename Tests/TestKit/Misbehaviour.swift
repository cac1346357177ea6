/// How a server goes wrong, named by what it does.
package enum Misbehaviour: Sendable, Equatable, CaseIterable {
    /// None: answers every request with 200 and `running`.
    case behavesWell
    case acceptsAndNeverAnswers
    /// Accepts and leaves every byte where it is.
    case acceptsAndNeverReads
    /// Takes whole requests and leaves them at that.
    case readsAndNeverAnswers
    case resetsAfterAccept
    /// Reads head and content whole, then resets.
    case resetsAfterRequest
    /// Reads the head alone, then resets.
    case resetsAfterHead
    /// Sends its head, then nothing.
    case stallsAfterHead
    /// Sends head and half of the content, then nothing.
    case stallsInBody
    /// Closes in the middle of a content with Content-Length.
    case cutsInBody
    /// Closes in the middle of a chunked content, between two chunks.
    case cutsInChunks
    /// Closes after the head of an answer that ends with the connection: nothing shows that it is unfinished.
    case closesAfterHead
    case answers503
    case answersGarbage
    /// A second answer follows the first in the same segment.
    case answersTwice
    case answersWithBadChunks
    case answersWithLengthAndChunked
    /// 300 KB of field lines.
    case answersHugeHead
    /// Answers one request a connection without `Connection: close` and closes when the next one comes: the race on reuse.
    case closesOnReuse
    /// One byte of its head every 20 ms.
    case sendsHeadSlowly
    /// 100, then 103, then 200.
    case sendsInterimAnswers
    /// Answers 200 as soon as it has the head, and reads the content afterwards.
    case answersBeforeBodyIsRead
    /// Answers 413 with `Connection: close` as soon as it has the head, and closes without reading the content.
    case refusesBodyUnread
}
