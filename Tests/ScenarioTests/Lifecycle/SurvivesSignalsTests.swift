import Foundation
import StandIn
import TestKit
import Testing

struct SurvivesSignalsTests {
    @Test func aStormOfSignalsCostsNoRequest() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        for number in 1...60 {
            proxy.child.signal([SIGHUP, SIGUSR1, SIGPIPE, SIGHUP][number % 4])
            #expect(try client.exchange(Requests.metadata("f\(number)")).status == 200)
        }
        #expect(proxy.child.isRunning)
        #expect(waitUntil { proxy.log.count == 60 })
    }

    @Test func anInterruptDrainsAndASecondEndsAtOnce() throws {
        let scene = try Scene()
        let server = try scene.server()
        let gate = Gate()
        defer { gate.open() }
        server.answer { _ in
            gate.pass()
            return nil
        }
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        try client.send(Requests.metadata())
        #expect(waitUntil { gate.waitingCount == 1 })
        proxy.child.signal(SIGINT)
        #expect(waitUntil { (try? RawClient(proxy.port())) == nil })
        #expect(proxy.child.isRunning)
        proxy.child.signal(SIGINT)
        #expect(proxy.child.waitForEnd() != nil)
    }
}
