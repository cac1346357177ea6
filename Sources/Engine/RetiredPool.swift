/// A pool that is in no snapshot but those of requests that still run, which hold it.
struct RetiredPool {
    weak var pool: PoolCoordinator?
}
