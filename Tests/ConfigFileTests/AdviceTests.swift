import Testing

@testable import ConfigFile

/// What `check` warns of although it is legal.
@Suite struct AdviceTests {
    private func advice(_ text: String, site: String? = nil) -> [String] {
        let result = ConfigurationLoader.parse(Array(text.utf8), file: "f", baseFolder: "/", site: site)
        #expect(result.diagnostics.map(\.description) == [])
        return result.advice.map(\.description)
    }

    private static let listener = "listeners: { address: \"127.0.0.1:1\" }\n"
    private static let server = "servers: { name: s, address: \"127.0.0.1:2\" }"

    @Test func nothingIsSaidOfAFileWithoutFault() {
        let text =
            Self.listener + "sites: { a: { ca: ca } }\npools:\n  p: { \(Self.server), overflow: { to: more, when: avg_queue > 1 } }\n"
            + "  ca: { \(Self.server) }\n  more: { \(Self.server), queue: { timeout: 600s } }\n  r: { \(Self.server) }\n"
            + "routes: { name: r, when: { method: GET }, pool: r }\nenvironments: { default: p }\n"
        #expect(advice(text) == [])
    }

    @Test func aTableWithoutDefaultRefusesTheRest() {
        let text = Self.listener + "sites: { a: { ca: p } }\npools: { p: { \(Self.server) } }\nenvironments: { x: p }\n"
        #expect(
            advice(text) == [
                "f:4:15: warning: no \"default\" in \"environments\": requests for other environments, and those without one, are refused; "
                    + "hint: default: POOL"
            ])
    }

    @Test func theChosenSitesCACounts() {
        let text =
            Self.listener + "sites:\n  a: { ca: p }\n  b: { near: a }\npools: { p: { \(Self.server) } }\nenvironments: { default: p }\n"
        #expect(advice(text, site: "a") == [])
        #expect(
            advice(text, site: "b") == [
                "f:4:6: warning: no \"ca\" at site \"b\": requests of the CA go where those without an environment go; "
                    + "hint: sites: { b: { ca: POOL } }"
            ])
        let none = Self.listener + "pools: { p: { \(Self.server) } }\nenvironments: { default: p }\n"
        #expect(
            advice(none) == [
                "f:1:1: warning: no \"ca\": requests of the CA go where those without an environment go; hint: sites: { NAME: { ca: POOL } }"
            ])
    }

    @Test func aQueueShouldNotOutlastTheAgents() {
        let text =
            Self.listener + "sites: { a: { ca: p } }\npools:\n  p:\n    \(Self.server)\n    queue: { timeout: 601s }\n"
            + "environments: { default: p }\n"
        #expect(
            advice(text) == [
                "f:6:23: warning: pool \"p\": requests may be queued for longer than the 600 s after which agents give up; hint: 580s"
            ])
    }

    @Test func aPoolThatOnlyUnusedPoolsNameIsUnused() {
        let text =
            Self.listener + "sites: { a: { ca: p }, b: { ca: q } }\nsite: a\npools:\n  p: { \(Self.server) }\n  q: { \(Self.server) }\n"
            + "  r: { \(Self.server), overflow: { to: s, when: avg_queue > 1 } }\n  s: { \(Self.server) }\nenvironments: { default: p }\n"
        let unused = { (place: String, name: String) in
            "f:\(place): warning: pool \"\(name)\" gets no request: no route, environment, site or overflow of a used pool names it"
        }
        #expect(advice(text) == [unused("7:3", "r"), unused("8:3", "s")])
    }

    @Test func mistakesComeAlone() {
        let result = ConfigurationLoader.parse(Array((Self.listener + "pools: { p: { x: y } }\n").utf8), file: "f", baseFolder: "/")
        #expect(result.hasErrors && result.advice.isEmpty)
    }
}
