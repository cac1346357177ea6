import Testing

/// Browsers are heavy: these suites run one after another.
@Suite(.serialized) enum InTurn {}
