import COpenSSL
import Settings

/// One worker's side of TLS towards a pool's servers. As `ServerTLSContext`: never changed, replaced on reload.
package final class ClientTLSContext {
    package let material: ClientTLSMaterial
    let pointer: OpaquePointer

    package init(_ material: ClientTLSMaterial) throws(OpenSSLError) {
        self.material = material
        let context = try ContextBasics.make(TLS_client_method(), material.settings.rules)
        do {
            try material.certificate?.install(in: context)
            if let trust = material.trust { SSL_CTX_set_cert_store(context, try trust.makeStore()) }
        } catch {
            SSL_CTX_free(context)
            throw error
        }
        SSL_CTX_set_verify(
            context, material.settings.verify == .none ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
            CRLLeniency.callback(material.settings.rules))
        pointer = context
    }

    deinit { SSL_CTX_free(pointer) }
}
