import Testing

@testable import Engine

struct MemoryReturnTests {
    private static let mebibyte = 1 << 20

    private static func isDue(_ memory: inout MemoryReturn, _ resident: Int, connections: Int = 0, bodies: Int = 0) -> Bool {
        memory.isDue(resident: resident * mebibyte, connections: connections, bodies: bodies * mebibyte)
    }

    @Test func whatIsInUseIsNotReturned() {
        var memory = MemoryReturn()
        var due: [Bool] = []
        due.append(Self.isDue(&memory, 30))
        // 3,000 connections may hold 187.5 MiB.
        due.append(Self.isDue(&memory, 233, connections: 3000))
        due.append(Self.isDue(&memory, 333, connections: 3000, bodies: 100))
        #expect(due == [false, false, false])
    }

    @Test func whatIsLeftAfterABurstIsReturnedOnce() {
        var memory = MemoryReturn()
        var due: [Bool] = []
        for resident in [30, 45, 46] { due.append(Self.isDue(&memory, resident)) }
        // It could not return all.
        memory.returned(resident: 40 * Self.mebibyte, connections: 0, bodies: 0)
        for resident in [40, 55, 56] { due.append(Self.isDue(&memory, resident)) }
        #expect(due == [false, false, true, false, false, true])
    }
}
