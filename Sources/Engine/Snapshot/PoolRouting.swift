import Settings

/// What an exchange needs of its pool's settings, small enough to be copied for every request.
struct PoolRouting: Sendable {
    let stick: StickKey?
    let hash: StickKey?
    let identity: PoolSettings.Identity
    /// How often a request may be sent again.
    let retryAttempts: Int

    init(_ settings: PoolSettings) {
        stick = settings.stick?.on
        if case .hash(let on) = settings.balance { hash = on } else { hash = nil }
        identity = settings.identity
        retryAttempts = settings.retry.attempts
    }
}
