import COpenSSL

/// The OpenSSL library that this process runs with, not the one whose headers it was built with.
package enum LibraryVersion {
    /// Such as `3.0.15`.
    package static var openSSL: String { OpenSSL_version(OPENSSL_VERSION_STRING).map { String(cString: $0) } ?? "unknown" }
}
