import Testing

@testable import Engine

struct MemoryReturnTests {
    private static let mebibyte = 1 << 20

    private static func next(
        _ memory: inout MemoryReturn, _ resident: Int, connections: Int = 0, bodies: Int = 0
    ) -> MemoryReturn.Step {
        memory.next(resident: resident * mebibyte, connections: connections, bodies: bodies * mebibyte)
    }

    @Test func whatIsInUseIsNotReturned() {
        var memory = MemoryReturn()
        var due: [MemoryReturn.Step] = []
        due.append(Self.next(&memory, 30))
        // 3,000 connections may hold 187.5 MiB.
        due.append(Self.next(&memory, 233, connections: 3000))
        due.append(Self.next(&memory, 333, connections: 3000, bodies: 100))
        #expect(due == [.nothing, .nothing, .nothing])
    }

    @Test func whatIsLeftAfterABurstIsReturnedOnce() {
        var memory = MemoryReturn()
        var due: [MemoryReturn.Step] = []
        for resident in [30, 45, 46, 44] { due.append(Self.next(&memory, resident)) }
        // It could not return all.
        memory.returned(resident: 40 * Self.mebibyte, connections: 0, bodies: 0)
        for resident in [40, 55, 56, 40] { due.append(Self.next(&memory, resident)) }
        #expect(due == [.nothing, .nothing, .releaseBuffers, .giveBack, .nothing, .nothing, .releaseBuffers, .giveBack])
    }
}
