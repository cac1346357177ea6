import Model
import Settings
import Testing

@testable import Engine

struct BequestTests {
    @Test func whatIsWrittenIsReadAgain() throws {
        var bequest = Bequest()
        let any = ListenAddress(address: try #require(IPAddress("::")), port: 8140)
        bequest.entries = [
            .listener(name: "[::]:8140", wanted: any, isShared: false, isPaused: true, count: 4),
            .listener(name: "plain", wanted: .init(address: try #require(IPAddress("192.0.2.1")), port: 0, v6only: true), isShared: true, isPaused: false, count: 1),
            .adminHTTP(any), .adminSocket,
        ]
        #expect(Bequest(bequest.text) == bequest)
        #expect(bequest.descriptorCount == 8)
    }

    @Test(arguments: [
        "", "puppetfront-takeover 2", "puppetfront-takeover 1\n", "puppetfront-takeover 1\nlistener\ta\t::\t8140\tany\town\topen\t0",
        "puppetfront-takeover 1\nlistener\ta\t::\t8140\tany\town\topen\t99999999", "puppetfront-takeover 1\nadmin.http\tnowhere\t80\tany",
    ])
    func otherTextIsRefused(_ text: String) {
        #expect(Bequest(text) == nil)
    }
}
