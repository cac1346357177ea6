import Buffers
import Testing

@testable import Engine

struct ProbeAnswerTests {
    /// Feeds the pieces one after the other; the result of the last one.
    private func take(_ pieces: [String], bound: Int = 100, ends: Bool = false) throws
        -> (ProbeAnswer.Progress, (status: Int, content: [UInt8]))
    {
        var answer = ProbeAnswer(to: .get, contentBound: bound)
        let buffer = ByteBuffer(capacity: 32 << 10)
        var progress = ProbeAnswer.Progress.needsMore
        for (number, piece) in pieces.enumerated() {
            buffer.compact()
            buffer.append(Array(piece.utf8))
            progress = try answer.take(buffer, hasEnded: ends && number == pieces.count - 1)
        }
        return (progress, (answer.status, answer.content))
    }

    private let answers = [
        "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nrunning",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nrun\r\n4;x=y\r\nning\r\n0\r\nA: b\r\n\r\n",
    ]

    @Test func contentComesWithoutItsFramingHoweverItIsCut() throws {
        for text in answers {
            let bytes = Array(text.utf8)
            for cut in 1..<bytes.count {
                let (progress, answer) = try take([bytes[..<cut], bytes[cut...]].map { String(decoding: $0, as: UTF8.self) })
                #expect(progress == .isWhole && answer.status == 200 && answer.content == Array("running".utf8), "cut at \(cut): \(text)")
            }
        }
    }

    @Test func theHeadIsReportedBeforeTheContentIsWhole() throws {
        #expect(try take(["HTTP/1.1 200 OK\r\n"]).0 == .needsMore)
        #expect(try take(["HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nrunn"]).0 == .hasHead)
        #expect(try take(["HTTP/1.1 200 OK\r\n\r\nrunn"]).0 == .hasHead)
        #expect(try take(["HTTP/1.1 204 No\r\n\r\n"]).0 == .isWhole)
    }

    @Test func whatCameBeforeTheEndCounts() throws {
        let (progress, answer) = try take(["HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", "runn"], ends: true)
        #expect(progress == .isWhole && answer.content == Array("runn".utf8))
        #expect(try take(["HTTP/1.1 200 OK\r\n\r\n", "running"], ends: true).1.content == Array("running".utf8))
    }

    @Test func contentIsBounded() throws {
        for text in answers {
            let (progress, answer) = try take([text], bound: 5)
            #expect(progress == .isWhole && answer.content == Array("runni".utf8))
        }
        #expect(try take([answers[0]], bound: 7).1.content.count == 7)
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\n", "garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"])
    func bytesThatAreNoResponseAreADefect(text: String) {
        #expect(throws: ProbeAnswer.Defect.self) { try take([text], ends: true) }
    }
}
