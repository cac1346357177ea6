import CLinux

/// Descriptors from one process to another over a Unix stream socket (SCM_RIGHTS, unix(7)).
package enum DescriptorPassing {
    /// In one message.
    package static let bound = Int(PF_DESCRIPTORS_BOUND)

    /// One message: at least one byte, and at most `bound` descriptors, which stay open here.
    package static func send(_ bytes: [UInt8], _ descriptors: [Int32], over socket: Int32) throws(SystemError) {
        while true {
            let count = pf_send_descriptors(socket, bytes, bytes.count, descriptors, Int32(descriptors.count))
            if count == bytes.count { return }
            if count >= 0 { throw SystemError("sendmsg", code: EAGAIN) }
            if pf_errno() != EINTR { throw SystemError("sendmsg") }
        }
    }

    /// The received bytes, at most `limit`, and descriptors; neither: the peer has closed. The caller owns the descriptors.
    package static func receive(_ limit: Int, from socket: Int32) throws(SystemError) -> (bytes: [UInt8], descriptors: [Int32]) {
        var bytes = [UInt8](repeating: 0, count: limit)
        var descriptors = [Int32](repeating: -1, count: bound)
        while true {
            var taken: Int32 = 0
            let count = pf_receive_descriptors(socket, &bytes, bytes.count, &descriptors, &taken)
            if count >= 0 { return (Array(bytes[..<count]), Array(descriptors[..<Int(taken)])) }
            if pf_errno() != EINTR { throw SystemError("recvmsg") }
        }
    }

    /// The process at the other end; nil where it is not known.
    package static func peerProcess(of socket: Int32) -> Int32? {
        let pid = pf_peer_process(socket)
        return pid > 0 ? pid : nil
    }
}
