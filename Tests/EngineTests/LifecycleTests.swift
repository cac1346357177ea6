import Testing

@testable import Engine

struct LifecycleTests {
    @Test func itBecomesReadyOnceAndDrainsOnce() {
        var life = Lifecycle.starting
        #expect(!life.hasBeenReady && !life.isDraining && !life.isReplaced)
        let becameReady = life.becomeReady()
        let again = life.becomeReady()
        #expect(becameReady && !again && life.hasBeenReady && !life.isDraining)
        let drains = life.beginDrain(isReplaced: true)
        let drainsAgain = life.beginDrain()
        #expect(drains && !drainsAgain)
        #expect(life == .draining(wasReady: true, isReplaced: true) && life.hasBeenReady && life.isReplaced)
        let lateReady = life.becomeReady()
        #expect(!lateReady, "a drain is the end")
    }

    @Test func whatDrainsBeforeItWasReadyHasNoSockets() {
        var life = Lifecycle.starting
        let drains = life.beginDrain()
        let isReady = life.becomeReady()
        #expect(drains && !isReady && !life.hasBeenReady && life.isDraining && !life.isReplaced)
    }
}
