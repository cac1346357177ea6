import Testing

/// Real agents and the operator's real commands against a real Puppet Server, with puppetfront as the only way in.
///
/// Needs the lab that `scripts/lab` starts; without it (`PUPPETFRONT_LAB` unset) everything here is skipped. One after
/// another, since the lab is one: a certificate authority and a compiler that share two cores with the agents.
@Suite(
    "Real Puppet",
    .serialized,
    .enabled(if: Lab.isAnnounced, "PUPPETFRONT_LAB is not set: scripts/test sets it and starts the lab, scripts/lab does so by hand"),
    .timeLimit(.minutes(15))
)
struct RealPuppet {}
