import Settings
import Testing

@testable import TLS

@Suite struct TicketKeysTests {
    private let setup = TestSetup()
    private let period = TicketKeys.ownPeriod

    private func read(_ keys: TicketKeys, _ key: TicketKey, _ now: Int64) -> (key: TicketKey, isWriting: Bool)? {
        Array(key.name).withUnsafeBufferPointer { keys.reading($0, now: now) }
    }

    @Test func anOwnKeyIsWrittenForOnePeriodAndReadForTwo() throws {
        let keys = TicketKeys()
        let first = try #require(keys.writing(now: 1000))
        #expect(keys.writing(now: 1000 + period - 1) == first)
        #expect(read(keys, first, 1000 + period - 1)?.isWriting == true)
        let second = try #require(keys.writing(now: 1000 + period))
        #expect(second != first && second.name != first.name)
        let old = try #require(read(keys, first, 1000 + 2 * period - 1))
        #expect(old.key == first && !old.isWriting)
        #expect(read(keys, first, 1000 + 2 * period) == nil)
        #expect(read(keys, second, 1000 + 2 * period)?.isWriting == false, "a third is written now")
    }

    @Test func anOwnKeyThatNobodyAskedForEndsAllTheSame() throws {
        let keys = TicketKeys()
        let first = try #require(keys.writing(now: 1000))
        #expect(read(keys, first, 1000 + 2 * period) == nil)
    }

    @Test func anotherProcessGoesOnWithOwnKeys() throws {
        let (old, new) = (TicketKeys(), TicketKeys())
        #expect(old.serializedKeys.isEmpty && new.inherit(old.serializedKeys))
        let first = try #require(old.writing(now: 1000))
        let second = try #require(old.writing(now: 1000 + period))
        #expect(new.inherit(old.serializedKeys))
        #expect(new.writing(now: 1000 + period) == second)
        #expect(read(new, first, 1000 + 2 * period - 1)?.isWriting == false)
        #expect(new.writing(now: 1000 + 2 * period) != second, "its time goes on")
    }

    @Test(arguments: [
        "A\nA\nA", "1000\n", "x\n\(String(repeating: "k", count: 80))", "-1\n\(String(repeating: "k", count: 80))", "1000\nshort",
    ])
    func whatIsNoHeirloomChangesNothing(_ text: String) throws {
        let keys = TicketKeys()
        let own = try #require(keys.writing(now: 1000))
        #expect(!keys.inherit(Array(text.utf8)))
        #expect(keys.writing(now: 1000) == own)
    }

    @Test func keysOfAFileAreNoHeirloom() throws {
        let path = setup.folder.write("tickets", Array(text("A\nA\nA").utf8))
        #expect(TicketKeys(try TicketKeyFile(path)).serializedKeys.isEmpty)
    }

    @Test(arguments: [
        ("", 1, "after 0 of at least three"), ("A\nA\n", 3, "after 2 of at least three"), ("A\nA\nnonsense\n", 3, "48 or 80 bytes"),
        ("A\n\nA\nQUJD\n", 4, "48 or 80 bytes"), ("A\nA \nA\n", 2, "48 or 80 bytes"), ("A\nB\nA\n", 2, "has 80 bytes, the keys before 48"),
        ("A\nA\nA=\n", 3, "48 or 80 bytes"), ("A\nA\n====\n", 3, "48 or 80 bytes"),
    ])
    func aMistakeIsToldWithItsLine(_ pattern: String, _ line: Int, _ words: String) throws {
        let path = setup.folder.write("tickets", Array(text(pattern).utf8))
        let error = try #require(throws: TLSMaterialError.self) {
            _ = try ServerTLSMaterial.load(setup.listener { ($0.sessionTickets, $0.ticketKeys) = (true, path) })
        }
        #expect(error.file == path && error.line == line)
        #expect(error.description.hasPrefix("\(path):\(line): ") && error.description.contains(words), "\(error)")
        #expect(error.description.contains("hint"))
    }

    @Test(arguments: ["A\nA\nA", "A\r\nA\r\nA\r\n", "\nB\nB\n\nB\n", "A\nA\nA\nA\nA\n"])
    func whatHAProxyReadsIsRead(_ pattern: String) throws {
        let path = setup.folder.write("tickets", Array(text(pattern).utf8))
        #expect(try TicketKeyFile(path).keys.count == 3)
        let material = try ServerTLSMaterial.load(setup.listener { ($0.sessionTickets, $0.ticketKeys) = (true, path) })
        #expect(material.files.last == path, "it is watched")
    }

    @Test func aFileWithoutTicketsIsNotRead() throws {
        let material = try ServerTLSMaterial.load(setup.listener { $0.ticketKeys = "\(setup.folder.path)/nowhere" })
        #expect(material.ticketKeys == nil && !material.files.contains { $0.hasSuffix("nowhere") })
    }

    /// `A` means a key of 48 bytes, `B` one of 80.
    private func text(_ pattern: String) -> String {
        pattern.map { character in
            switch character {
            case "B": String(repeating: "QUJD", count: 26) + "QUI="
            case "A": String(repeating: "QUJD", count: 16)
            default: String(character)
            }
        }.joined()
    }
}
