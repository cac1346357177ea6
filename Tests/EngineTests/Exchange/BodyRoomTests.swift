import Model
import Network
import Settings
import Testing

@testable import Engine

/// Content is not read before there is room for it in `limits.held_bodies`.
struct BodyRoomTests {
    @Test func aBudgetCountsBothKindsApart() {
        let budget = BodyBudget()
        #expect(budget.reserve(50, isVerified: false, limit: 100) && !budget.reserve(1, isVerified: false, limit: 100))
        #expect(budget.reserve(50, isVerified: true, limit: 100) && !budget.reserve(1, isVerified: true, limit: 100))
        budget.release(50, isVerified: false)
        #expect(budget.held == 50 && budget.reserve(50, isVerified: false, limit: 100))
        budget.release(50, isVerified: true)
        budget.release(50, isVerified: false)
        #expect(budget.held == 0)
        for isVerified in [true, false] {
            #expect(budget.reserve(1000, isVerified: isVerified, limit: 100), "one that is larger than all")
            #expect(!budget.reserve(1, isVerified: isVerified, limit: 100))
            budget.release(1000, isVerified: isVerified)
        }
    }

    @Test func unverifiedClientsShareWhatVerifiedOnesLeave() {
        let budget = BodyBudget()
        #expect(budget.reserve(80, isVerified: true, limit: 100))
        #expect(budget.reserve(20, isVerified: false, limit: 100) && !budget.reserve(10, isVerified: false, limit: 100))
    }

    private func exchange(certname: String? = "a.test") throws -> ScriptedExchange {
        try ScriptedExchange(
            certname: certname,
            settings: {
                $0.limits.heldBodies = 1000
                $0.limits.bodyPrefix = 400
            })
    }

    @Test(arguments: [
        (ScriptedExchange.report(100), 100), (ScriptedExchange.report(5000), 400), (chunked, 400), (ScriptedExchange.file, 0),
    ])
    func aRequestReservesWhatItMayComeToHold(_ text: String, _ count: Int) throws {
        let exchange = try exchange()
        try exchange.begin(text)
        #expect(exchange.world.counters.bodies.held == count)
        exchange.driver.clientGone()
        #expect(exchange.world.held == [])
    }

    private static let chunked = ScriptedExchange.report(0).replacing("Content-Length: 0", with: "Transfer-Encoding: chunked")

    @Test func firstComeFirstServed() throws {
        let exchange = try exchange()
        let world = exchange.world
        let clients = (0..<4).map { _ in ScriptedExchange.client(world, certname: "a.test") }
        let drivers = clients.map { ScriptedExchange.driver(world, $0) }
        #expect(world.counters.bodies.reserve(700, isVerified: true, limit: 1000))
        for (index, (client, driver)) in zip(clients, drivers).enumerated() {
            // The first two are too large for what is left, the third is not, but comes after them.
            try client.begin(ScriptedExchange.report([390, 380, 10, 10][index], fields: "Expect: 100-continue\r\n"))
            driver.begin()
            driver.headCame()
        }
        func asked() -> [Bool] {
            clients.map {
                _ = $0.flush()
                return $0.got == "<100 from here>"
            }
        }
        #expect(asked() == [false, false, false, false] && world.counters.bodies.held == 700)
        world.pass(.milliseconds(60))
        #expect(asked() == [false, false, false, false])
        drivers[1].clientGone()
        world.counters.bodies.release(300, isVerified: true)
        world.pass(.milliseconds(60))
        #expect(asked() == [true, false, true, true], "the one that left waits no more")
        #expect(world.counters.bodies.held == 400 + 390 + 10 + 10)
        for driver in drivers { driver.clientGone() }
        world.counters.bodies.release(400, isVerified: true)
        #expect(world.held == [])
        #expect(world.lines().map(\.end) == Array(repeating: "– client_gone CD-- 0", count: 4))
    }

    /// It is the pool's queue in reverse: no deadline runs for the agent while it waits for us.
    @Test func whoWaitsForRoomIsNotLate() throws {
        let exchange = try exchange(certname: nil)
        #expect(exchange.world.counters.bodies.reserve(1000, isVerified: true, limit: 1000))
        #expect(exchange.world.counters.bodies.reserve(1, isVerified: false, limit: 2004))
        try exchange.begin(ScriptedExchange.report(100) + String(repeating: "x", count: 10))
        #expect(exchange.waits == [nil, nil])
        exchange.world.pass(.seconds(500))
        #expect(exchange.driver.isActive && exchange.servers.made.isEmpty)
        exchange.world.counters.bodies.release(1000, isVerified: true)
        exchange.world.pass(.milliseconds(60))
        #expect(exchange.world.counters.bodies.held == 101 && exchange.waits == [60_000, nil])
        exchange.driver.clientGone()
        exchange.world.counters.bodies.release(1, isVerified: false)
        #expect(exchange.world.held == [])
    }
}
