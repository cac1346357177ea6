import Model
import Settings
import Testing

@testable import Engine

struct TakeoverManifestTests {
    @Test func whatIsWrittenIsReadAgain() throws {
        var manifest = TakeoverManifest()
        let any = ListenAddress(address: try #require(IPAddress("::")), port: 8140)
        let one = ListenAddress(address: try #require(IPAddress("192.0.2.1")), port: 0, v6only: true)
        manifest.entries = [
            .listener(.init(name: "[::]:8140", wanted: any, isShared: false, state: .open, maxconn: 0, count: 4)),
            .listener(.init(name: "plain", wanted: one, isShared: true, state: .paused, maxconn: 9, count: 1)),
            .listener(.init(name: "gone", wanted: one, isShared: false, state: .stopped, maxconn: 0, count: 0)),
            .adminHTTP(any), .adminSocket,
        ]
        #expect(TakeoverManifest(manifest.text) == manifest)
        #expect(manifest.descriptorCount == 8)
    }

    @Test(arguments: [
        "", "puppetfront-takeover 2", "puppetfront-takeover 1\n", "puppetfront-takeover 1\nadmin.http\tnowhere\t80\tany",
        "puppetfront-takeover 1\nlistener\ta\t::\t8140\tany\town\topen\t0\t0",
        "puppetfront-takeover 1\nlistener\ta\t::\t8140\tany\town\tstopped\t0\t1",
        "puppetfront-takeover 1\nlistener\ta\t::\t8140\tany\town\topen\t0\t99999999",
        "puppetfront-takeover 1\nlistener\ta\t::\t8140\tany\town\tajar\t0\t1",
        "puppetfront-takeover 1\nlistener\ta\t::\t8140\tany\town\topen\t-1\t1",
    ])
    func otherTextIsRefused(_ text: String) {
        #expect(TakeoverManifest(text) == nil)
    }
}
