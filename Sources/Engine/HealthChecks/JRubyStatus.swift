import Balancing
import FoundationEssentials

/// Puppet Server's own count of its JRubies: `GET /status/v1/services/jruby-metrics?level=debug`, which its auth.conf allows without a certificate.
///
/// As seen with puppetserver 7.9.5 and one JRuby, idle and under load: `num-free-jrubies` and `requested-instances` are of this moment
/// (only the averages are sampled, every 5 s); `requested-instances` lists the requests that wait for a JRuby, without those that have
/// one (`borrowed-instances`); `requested-count` counts all since the start. The response about all services includes the same, but is
/// six times as long and took 290 ms instead of 25.
enum JRubyStatus {
    static let target = "/status/v1/services/jruby-metrics?level=debug"
    /// Bytes; each request that waits takes some 200.
    static let answerBound = 256 << 10

    /// nil for any other shape, and for numbers that cannot be.
    static func parse(_ content: [UInt8]) -> JRubyLoad? {
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(content)) else { return nil }
        let metrics = answer.status.experimental.metrics
        guard (1...10_000).contains(metrics.count), (0...metrics.count).contains(metrics.free) else { return nil }
        return JRubyLoad(jrubies: metrics.count, free: metrics.free, waiting: metrics.waiting.count)
    }

    private struct Answer: Decodable {
        let status: Status
    }

    private struct Status: Decodable {
        let experimental: Experimental
    }

    private struct Experimental: Decodable {
        let metrics: Metrics
    }

    private struct Metrics: Decodable {
        let count: Int
        let free: Int
        let waiting: [Waiting]

        enum CodingKeys: String, CodingKey {
            case count = "num-jrubies"
            case free = "num-free-jrubies"
            case waiting = "requested-instances"
        }
    }

    /// Only how many there are counts.
    private struct Waiting: Decodable {}
}
