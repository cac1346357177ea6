import CNghttp2
import TLS

/// The versions of the C libraries that run now (not those the program was built with): `version`, `show version`, `show info` and
/// `puppetfront_build_info` report it.
package enum LibraryVersions {
    package static var openSSL: String { LibraryVersion.openSSL }
    package static var nghttp2: String { String(cString: nghttp2_version(0).pointee.version_str) }
}
