import Model

/// A set of field kinds, one bit each. Computed where it is used: the compiler makes a constant of it.
struct KindSet {
    private let bits: UInt32

    @inline(__always)
    init() { bits = 0 }

    @inline(__always)
    private init(bits: UInt32) { self.bits = bits }

    @inline(__always)
    func contains(_ kind: FieldKind) -> Bool { bits &>> UInt32(kind.rawValue) & 1 == 1 }

    @inline(__always)
    func with(_ kind: FieldKind) -> KindSet { KindSet(bits: bits | 1 &<< UInt32(kind.rawValue)) }

    /// RFC 9110 section 7.6.1, what a Connection field named, and what instances say to each other.
    static var hopByHop: KindSet {
        @inline(__always) get {
            KindSet().with(.connection).with(.connectionNamed).with(.keepAlive).with(.proxyConnection).with(.te).with(.transferEncoding)
                .with(.upgrade).with(.trailer).with(.proxyAuthenticate).with(.proxyAuthorization).with(.instance)
        }
    }

    /// What framing, routing and the connection depend on.
    static var affectingFraming: KindSet {
        @inline(__always) get { KindSet().with(.host).with(.contentLength).with(.transferEncoding).with(.connection).with(.expect) }
    }

    /// RFC 9110 section 6.5.1: what must not be in trailers, apart from the hop-by-hop fields.
    static var notInTrailers: KindSet {
        @inline(__always) get {
            hopByHop.with(.host).with(.contentLength).with(.expect).with(.contentType).with(.contentEncoding).with(.identity)
        }
    }
}
