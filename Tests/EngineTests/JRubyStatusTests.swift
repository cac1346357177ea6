import Balancing
import Foundation
import Testing

@testable import Engine

/// Responses of puppetserver 7.9.5 with one JRuby: idle, and while one catalog is compiled and three agents wait.
struct JRubyStatusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path + "/Fixtures/status"

    private func answer(_ name: String) throws -> String { try String(contentsOfFile: "\(Self.folder)/\(name)", encoding: .utf8) }
    private func parse(_ text: String) -> JRubyLoad? { JRubyStatus.parse(Array(text.utf8)) }

    @Test func aRealServersCountIsRead() throws {
        #expect(parse(try answer("jruby-metrics-idle.json")) == JRubyLoad(jrubies: 1, free: 1, waiting: 0))
        #expect(parse(try answer("jruby-metrics-busy.json")) == JRubyLoad(jrubies: 1, free: 0, waiting: 3))
    }

    @Test(arguments: [
        ("\"num-jrubies\":1", "\"num-jrubies\":0"), ("\"num-jrubies\":1", "\"num-jrubies\":-1"),
        ("\"num-jrubies\":1", "\"num-jrubies\":1e99"), ("\"num-jrubies\":1", "\"num-jrubies\":\"1\""),
        ("\"num-jrubies\":1", "\"jrubies\":1"), ("\"num-jrubies\":1", "\"num-jrubies\":null"),
        ("\"num-free-jrubies\":0", "\"num-free-jrubies\":2"), ("\"num-free-jrubies\":0", "\"num-free-jrubies\":-1"),
        ("\"num-free-jrubies\":0", "\"num-free-jrubies\":[]"), ("\"requested-instances\":[", "\"requested-instances\":3,\"x\":["),
        ("\"requested-instances\":[", "\"others\":["), ("\"experimental\":{", "\"experimental\":[],\"x\":{"), ("}", ""), ("{", "["),
    ])
    func anyOtherShapeIsNone(part: String, other: String) throws {
        let text = try answer("jruby-metrics-busy.json")
        let changed = text.replacingOccurrences(of: part, with: other)
        #expect(changed != text)
        #expect(parse(changed) == nil)
    }

    @Test func aResponseCutAnywhereIsNone() throws {
        let bytes = Array(try answer("jruby-metrics-busy.json").utf8)
        for count in bytes.indices { #expect(JRubyStatus.parse(Array(bytes[..<count])) == nil) }
    }

    @Test func whatSomebodyMakesUpDoesNoHarm() {
        #expect(parse("") == nil)
        #expect(JRubyStatus.parse([0xFF, 0xFE, 0x00]) == nil)
        #expect(parse(String(repeating: "[", count: 200_000)) == nil)
        #expect(parse(String(repeating: "{\"status\":", count: 20_000)) == nil)
    }
}
