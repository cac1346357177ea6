import COpenSSL

/// Which OpenSSL this process is linked to: the one that runs, not the one whose headers were there at the build.
package enum LibraryVersion {
    /// Such as `3.0.15`.
    package static var openSSL: String { OpenSSL_version(OPENSSL_VERSION_STRING).map { String(cString: $0) } ?? "unknown" }
}
