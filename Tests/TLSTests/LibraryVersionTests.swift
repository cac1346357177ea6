import TLS
import Testing

@Suite struct LibraryVersionTests {
    @Test func theRunningLibraryTellsItsNumber() { #expect(LibraryVersion.openSSL.hasPrefix("3.")) }
}
