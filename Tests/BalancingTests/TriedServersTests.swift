import Balancing
import Model
import Testing

struct TriedServersTests {
    @Test func isASetWhateverTheOrder() {
        #expect(TriedServers(ServerID(1), ServerID(2)) == TriedServers(ServerID(2), ServerID(1), ServerID(2)))
        #expect(TriedServers(ServerID(1)) != TriedServers(ServerID(1), ServerID(2)))
        #expect(TriedServers(ServerID(1), ServerID(2)) != TriedServers(ServerID(1)))
        #expect(TriedServers() == TriedServers())
        #expect(TriedServers() != TriedServers(ServerID(0)))
    }

    @Test func theNinthTakesTheOldestsPlace() {
        var tried = TriedServers()
        for id in 0..<30 {
            tried.insert(ServerID(UInt32(id)))
            let held = (0..<40).filter { tried.contains(ServerID(UInt32($0))) }
            #expect(held == Array(max(0, id - 7)...id))
        }
    }
}
