import Foundation
import StandIn
import Synchronization

/// Sites with a network each, and a WAN between them on which each packet takes `delay`, which the kernel's netem would do where it is
/// compiled in. Site N, counted from 1, has the address 10.77.N.1.
package final class WideAreaNetwork: Sendable {
    private struct Packet {
        let bytes: [UInt8]
        let due: ContinuousClock.Instant
        let target: Int
    }

    package let networks: [NetworkNamespace]
    private let delay: Duration
    /// A TUN device's descriptor for each site.
    private let links: [Int32]
    /// Connections that were begun, by the sites from and to which.
    private let begun = Mutex<[[Int]]>([])
    private let isOver = Atomic(false)
    private let running = DispatchGroup()

    package init(siteCount: Int, delay: Duration) throws {
        self.delay = delay
        networks = try (0..<siteCount).map { _ in try NetworkNamespace() }
        var links: [Int32] = []
        for (index, network) in networks.enumerated() {
            links.append(try network.enter { try WideAreaNetwork.makeDevice() })
            try network.run("ip", "address", "add", WideAreaNetwork.address(ofSite: index) + "/16", "dev", "wan")
            try network.run("ip", "link", "set", "wan", "up")
        }
        self.links = links
        begun.withLock { $0 = Array(repeating: Array(repeating: 0, count: siteCount), count: siteCount) }
        running.enter()
        Thread { [self] in
            carry()
            running.leave()
        }.start()
    }

    package static func address(ofSite index: Int) -> String { "10.77.\(index + 1).1" }

    /// Ends the WAN. Its thread holds this value until then.
    package func end() {
        isOver.store(true, ordering: .relaxed)
        running.wait()
        for link in links { close(link) }
    }

    /// How many TCP connections were begun between two sites, in either direction.
    package var connectionCount: Int { begun.withLock { $0.reduce(0) { $0 + $1.reduce(0, +) } } }

    /// How many a site began to others.
    package func connectionCount(from index: Int) -> Int { begun.withLock { $0[index].reduce(0, +) } }

    private func carry() {
        var packets: [Packet] = []
        var first = 0
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var polled = links.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while !isOver.load(ordering: .relaxed) {
            let left = first < packets.count ? min(packets[first].due - .now, .milliseconds(50)) : .milliseconds(50)
            _ = poll(&polled, nfds_t(polled.count), max(0, Int32((left / .milliseconds(1)).rounded(.up))))
            for (source, entry) in polled.enumerated() where entry.revents != 0 {
                while true {
                    let count = read(entry.fd, &buffer, buffer.count)
                    guard count > 0 else { break }
                    if let target = accept(buffer[..<count], from: source) {
                        packets.append(Packet(bytes: Array(buffer[..<count]), due: .now + delay, target: target))
                    }
                }
            }
            let now = ContinuousClock.now
            while first < packets.count, packets[first].due <= now {
                let packet = packets[first]
                _ = packet.bytes.withUnsafeBytes { write(links[packet.target], $0.baseAddress, $0.count) }
                first += 1
            }
            if first > 4096 {
                packets.removeFirst(first)
                first = 0
            }
        }
    }

    /// The site that an IPv4 packet goes to; counts connections' first packets.
    private func accept(_ packet: ArraySlice<UInt8>, from source: Int) -> Int? {
        guard packet.count >= 20, packet[0] >> 4 == 4, packet[16] == 10, packet[17] == 77 else { return nil }
        let target = Int(packet[18]) - 1
        guard links.indices.contains(target) else { return nil }
        let header = Int(packet[0] & 0xF) * 4
        let isTCP = packet[9] == 6
        if isTCP, packet.count >= header + 20, packet[header + 13] & 0x12 == 0x02 { begun.withLock { $0[source][target] += 1 } }
        return target
    }

    /// A TUN device `wan` in the calling thread's network.
    private static func makeDevice() throws -> Int32 {
        let descriptor = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw StandInError.system(call: "open /dev/net/tun", errno: errno) }
        var request = [UInt8](repeating: 0, count: 40)
        request.replaceSubrange(0..<3, with: Array("wan".utf8))
        // IFF_TUN, IFF_NO_PI
        request.replaceSubrange(16..<18, with: [0x01, 0x10])
        guard request.withUnsafeMutableBytes({ ioctl(descriptor, 0x4004_54CA, $0.baseAddress!) }) == 0 else {
            let number = errno
            close(descriptor)
            throw StandInError.system(call: "TUNSETIFF", errno: number)
        }
        return descriptor
    }
}
