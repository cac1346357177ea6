import COpenSSL

/// Reads PEM files. Every error names the file. Bounded: a file over 64 MiB is an error (a CRL of a million entries has 40 MB).
struct PEMFile: ~Copyable {
    /// MiB.
    private static let largest = 64

    private let path: String
    private let bytes: [UInt8]

    /// - Parameter contents: read instead of the file, if it has the path
    init(_ path: String, _ contents: FileContents) throws(TLSMaterialError) {
        self.path = path
        bytes = if let given = contents[path] { given } else { try FileBytes.read(path, largest: PEMFile.largest) }
    }

    /// At least one certificate.
    func certificates() throws(TLSMaterialError) -> [Certificate] {
        var found: [Certificate] = []
        try each("certificate") { memory in
            guard let pointer = PEM_read_bio_X509(memory, nil, PEMFile.noPassphrase, nil) else { return false }
            found.append(Certificate(owning: pointer))
            return true
        }
        guard !found.isEmpty else { throw TLSMaterialError(file: path, problem: "holds no certificate in PEM") }
        return found
    }

    /// At least one CRL.
    func revocationLists() throws(TLSMaterialError) -> [RevocationList] {
        var found: [RevocationList] = []
        try each("CRL") { memory in
            guard let pointer = PEM_read_bio_X509_CRL(memory, nil, PEMFile.noPassphrase, nil) else { return false }
            found.append(RevocationList(owning: pointer))
            return true
        }
        guard !found.isEmpty else { throw TLSMaterialError(file: path, problem: "holds no CRL in PEM") }
        return found
    }

    /// The first private key. One with a passphrase is an error, since a service cannot ask for it.
    func privateKey() throws(TLSMaterialError) -> PrivateKey {
        let memory = try memoryBIO()
        defer { BIO_free(memory) }
        guard let pointer = PEM_read_bio_PrivateKey(memory, nil, PEMFile.noPassphrase, nil) else {
            let encrypted = pf_ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_BAD_PASSWORD_READ
            let reason = OpenSSLError.takeReason() ?? "not understood"
            throw TLSMaterialError(
                file: path,
                problem: encrypted ? "the private key has a passphrase" : "holds no private key in PEM that can be read (\(reason))")
        }
        ERR_clear_error()
        return PrivateKey(owning: pointer)
    }

    /// Calls `take` until the file has no more blocks. A malformed block is an error even after good ones.
    private func each(_ noun: String, _ take: (OpaquePointer) -> Bool) throws(TLSMaterialError) {
        let memory = try memoryBIO()
        defer { BIO_free(memory) }
        var count = 0
        while take(memory) { count += 1 }
        let code = ERR_peek_last_error()
        let reason = OpenSSLError.takeReason() ?? "not understood"
        if pf_ERR_GET_LIB(code) == ERR_LIB_PEM && pf_ERR_GET_REASON(code) == PEM_R_NO_START_LINE { return }
        throw TLSMaterialError(file: path, problem: "\(noun) \(count + 1) cannot be read (\(reason))")
    }

    /// Valid while the file's value lives: OpenSSL reads the array's own memory, so a copy of it is handed over.
    private func memoryBIO() throws(TLSMaterialError) -> OpaquePointer {
        guard let memory = BIO_new(BIO_s_mem()), BIO_write(memory, bytes, Int32(bytes.count)) == Int32(bytes.count) else {
            throw TLSMaterialError(file: path, problem: OpenSSLError.taking("read it").reason)
        }
        return memory
    }

    /// Without it OpenSSL would ask on the terminal.
    private static let noPassphrase: @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 = {
        _, _, _, _ in -1
    }
}
