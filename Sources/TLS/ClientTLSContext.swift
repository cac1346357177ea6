import COpenSSL
import Settings

/// One worker's side of TLS towards a pool's servers. As `ServerTLSContext`: never changed, replaced on reload.
package final class ClientTLSContext {
    package let material: ClientTLSMaterial
    let pointer: OpaquePointer
    /// OpenSSL's default; the contract has no key for it on this side.
    private static let securityLevel: Int32 = 2

    package init(_ material: ClientTLSMaterial) throws(OpenSSLError) {
        self.material = material
        let context = try ContextBasics.make(
            TLS_client_method(), minimumVersion: TLS1_2_VERSION, securityLevel: ClientTLSContext.securityLevel)
        do {
            try material.certificate?.install(in: context)
            if let trust = material.trust { SSL_CTX_set_cert_store(context, try trust.makeStore()) }
        } catch {
            SSL_CTX_free(context)
            throw error
        }
        SSL_CTX_set_verify(context, material.settings.verify == .none ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nil)
        pointer = context
    }

    deinit { SSL_CTX_free(pointer) }
}
