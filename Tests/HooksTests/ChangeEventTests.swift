import Foundation
import Testing

@testable import Hooks

struct ChangeEventTests {
    private func object(_ event: ChangeEvent) throws -> [String: Any] {
        let line = event.json
        #expect(line.last == 0x0A && line.dropLast().allSatisfy { $0 != 0x0A })
        return try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
    }

    @Test func everyKeyIsThereWithOrWithoutValue() throws {
        let empty = try object(ChangeEvent(.started, time: 1_795_354_461_335_999_999))
        #expect(
            empty.keys.sorted() == [
                "active_left", "backups_left", "by", "days", "event", "files", "pool", "queued", "reason", "running", "server", "site",
                "state", "time",
            ])
        #expect(empty["event"] as? String == "started")
        #expect(empty["time"] as? String == "2026-11-22T13:34:21.335Z")
        #expect(empty.filter { !($0.value is NSNull) }.count == 2)
    }

    @Test func valuesAreThoseOfTheEvent() throws {
        var event = ChangeEvent(.serverAdmin, time: 0)
        (event.site, event.pool, event.server) = ("eie", "compilers", "p1")
        (event.reason, event.by, event.state) = ("\"quoted\"\n\u{1B}/é", .operator, "drain")
        (event.activeLeft, event.backupsLeft, event.running, event.queued) = (1, 2, 3, 4)
        (event.files, event.days) = (["/a/b.pem"], -1)
        let read = try object(event)
        #expect(read["event"] as? String == "server_admin")
        #expect(read["reason"] as? String == event.reason)
        #expect(["site", "pool", "server", "by", "state"].map { read[$0] as? String } == ["eie", "compilers", "p1", "operator", "drain"])
        #expect(["active_left", "backups_left", "running", "queued", "days"].map { read[$0] as? Int } == [1, 2, 3, 4, -1])
        #expect(read["files"] as? [String] == ["/a/b.pem"])
        #expect(read["time"] as? String == "1970-01-01T00:00:00.000Z")
    }
}
