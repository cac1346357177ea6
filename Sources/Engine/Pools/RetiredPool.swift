/// A pool that a reload removed. It lives in the snapshots of the requests that began before, and goes with the last of them.
struct RetiredPool {
    weak var pool: PoolCoordinator?
}
