import Model
import Settings
import Testing

@testable import Balancing

/// The figures that come with a change of a server, each with a value of its own: the server's requests are not the pool's.
struct PoolNoticesTests {
    /// a: 2 of 2 slots taken; c: 1 of 1; the backup b: none of 1; 3 queued.
    private func script() -> PoolScript {
        var script = PoolScript(
            PoolTests.settings(server("a", maxconn: 2), server("c", maxconn: 1), server("b", maxconn: 1, backup: true)))
        #expect((0..<6).map { script.submit($0) } == ["a", "c", "a", "queued", "queued", "queued"])
        return script
    }

    private func actions(_ script: inout PoolScript, _ event: PoolEvent) -> [PoolAction] {
        var actions: [PoolAction] = []
        script.pool.handle(event, now: script.now, actions: &actions)
        return actions
    }

    @Test func aServerThatGoesDownComesWithWhatIsLeftAndWhatRunsOnIt() {
        var script = script()
        let outcome = CheckOutcome.failed(CheckFailure(.layer4Refused, duration: .zero))
        let id = script.id("a")
        let down = HealthChange(
            kind: .down, outcome: outcome, progress: 0, progressOf: 2, isUp: false, activeLeft: 1, backupsLeft: 1, inUse: 2, queued: 3)
        #expect(actions(&script, .check(id, outcome)) == [.healthChanged(id, down)])
    }

    @Test func anOverrideComesWithWhatIsLeftAndWhatRunsOnIt() {
        var script = script()
        let id = script.id("c")
        let drained = ServerChange(kind: .admin(.drain, byAgent: false), activeLeft: 1, backupsLeft: 1, inUse: 1, queued: 3)
        #expect(actions(&script, .admin(id, .drain)) == [.serverChanged(id, drained)])
        let backup = script.id("b")
        let alone = ServerChange(kind: .admin(.maint, byAgent: false), activeLeft: 1, backupsLeft: 0, inUse: 0, queued: 3)
        #expect(actions(&script, .admin(backup, .maint)) == [.serverChanged(backup, alone)])
    }
}
