import Foundation
import Model
import Settings
import TestKit
import Testing

@testable import Engine

struct ListenerSocketsTests {
    private let settings = ListenerSettings(name: "agents", address: ListenAddress(address: IPAddress("127.0.0.1")!, port: 0))

    /// Connections that wait at these descriptors.
    private func take(_ descriptors: [Int32]) -> Int {
        var count = 0
        for descriptor in descriptors {
            while true {
                let taken = accept(descriptor, nil, nil)
                guard taken >= 0 else { break }
                close(taken)
                count += 1
            }
        }
        return count
    }

    private func connect(to port: UInt16) throws -> [RawClient] {
        try (1...32).map { _ in
            let client = try RawClient(port)
            // A connection without a byte is not given to accept(2).
            try client.send("x")
            return client
        }
    }

    /// If the takeover fails, no agent may have connected to sockets that are closed with it.
    @Test func socketsBoundInATakeoverAcceptNothingBeforeItIsConfirmed() throws {
        var old = ListenerSockets(workers: 1)
        old.commit(try old.prepare([settings]))
        let inherited = old.bound[0]
        let copies = inherited.descriptors.map { dup($0) }
        var new = ListenerSockets(
            workers: 4,
            inherited: [BoundListener(name: inherited.name, wanted: inherited.wanted, actual: inherited.actual, descriptors: copies)],
            mayListen: false)
        new.commit(try new.prepare([settings]))
        #expect(new.bound[0].descriptors.count == 4)
        let before = try connect(to: inherited.actual.port)
        var count = 0
        #expect(
            waitUntil {
                count += take(old.bound[0].descriptors)
                return count == 32
            })
        try new.listen()
        let after = try connect(to: inherited.actual.port)
        count = 0
        #expect(
            waitUntil {
                count += take(Array(new.bound[0].descriptors[1...]))
                return count > 0
            })
        for client in before + after { client.close() }
    }
}
