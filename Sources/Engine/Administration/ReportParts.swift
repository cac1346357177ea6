import Admin
import TLS
import Telemetry

extension FailureReport {
    init(_ failure: FailureList.Failure) {
        self.init()
        time = failure.time
        id = String(decoding: failure.id, as: UTF8.self)
        reason = failure.kind
        status = failure.status
        listener = String(decoding: failure.listener, as: UTF8.self)
        source = String(decoding: failure.source, as: UTF8.self)
        client = String(decoding: failure.client, as: UTF8.self)
        serial = String(decoding: failure.serial, as: UTF8.self)
        endpoint = String(decoding: failure.endpoint, as: UTF8.self)
        certname = String(decoding: failure.certname, as: UTF8.self)
        environment = String(decoding: failure.environment, as: UTF8.self)
        pool = String(decoding: failure.pool, as: UTF8.self)
        server = String(decoding: failure.server, as: UTF8.self)
        target = String(decoding: failure.target, as: UTF8.self)
        cause = String(decoding: failure.cause, as: UTF8.self)
        errorText = String(decoding: failure.errorText, as: UTF8.self)
    }
}

extension CertnameReport {
    init(_ certname: [UInt8], _ run: RunTable.Run) {
        self.init()
        self.certname = String(decoding: certname, as: UTF8.self)
        environment = String(decoding: run.environment, as: UTF8.self)
        pool = String(decoding: run.pool, as: UTF8.self)
        server = String(decoding: run.server, as: UTF8.self)
        status = run.status
        reason = run.reason
        lastCatalog = run.lastCatalog
        catalogMilliseconds = run.catalogMilliseconds
        lastReport = run.lastReport
        lastRequest = run.lastRequest
        requests = run.requests
        transaction = String(decoding: run.transaction, as: UTF8.self)
        agentVersion = String(decoding: run.agentVersion, as: UTF8.self)
    }
}

extension CertificateReport {
    init(_ expiry: Expiry) {
        self.init()
        file = expiry.file
        begins = expiry.begin ?? 0
        ends = expiry.end
        kind = expiry.subject.hasPrefix("CRL of ") ? .revocationList : .certificate
        subject = expiry.subject.replacing("certificate ", with: "")
        if kind == .revocationList { issuer = String(expiry.subject.dropFirst(7)) }
    }
}
