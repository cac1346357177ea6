import Foundation
import Model
import Telemetry
import Testing

struct LogClockTests {
    static func time(_ second: Int64, formatter: inout AccessLogFormatter) -> String {
        var record = AccessRecord()
        record.startedAt = second * 1_000_000_000 + 7_000_000
        var output: [UInt8] = []
        formatter.append(record, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00.007Z"), (951_782_399, "2000-02-28T23:59:59.007Z"), (951_782_400, "2000-02-29T00:00:00.007Z"),
        (1_709_251_199, "2024-02-29T23:59:59.007Z"), (1_735_689_599, "2024-12-31T23:59:59.007Z"),
        (4_107_542_399, "2100-02-28T23:59:59.007Z"), (4_107_542_400, "2100-03-01T00:00:00.007Z"),
    ])
    func datesAreGregorian(second: Int64, expected: String) {
        var formatter = AccessLogFormatter(format: .json)
        #expect(Self.time(second, formatter: &formatter).hasPrefix("{\"time\":\"\(expected)\""))
    }

    /// Every 19 hours and some from 1970 to 2250, against Foundation's calendar.
    @Test func datesAreThoseOfFoundation() throws {
        let foundation = ISO8601DateFormatter()
        var formatter = AccessLogFormatter(format: .json)
        for second in stride(from: Int64(0), to: 8_835_000_000, by: 3_456_789) {
            let expected = foundation.string(from: Date(timeIntervalSince1970: Double(second))).dropLast()
            try #require(Self.time(second, formatter: &formatter).hasPrefix("{\"time\":\"\(expected).007Z"))
        }
    }

    @Test func localTimeFollowsItsOffset() {
        var formatter = AccessLogFormatter(format: .httplog, localOffsetSeconds: -3600)
        #expect(Self.time(1_709_251_200, formatter: &formatter).contains("[29/Feb/2024:23:00:00.007]"))
        formatter.setLocalOffset(seconds: 10800)
        #expect(Self.time(1_709_251_200, formatter: &formatter).contains("[01/Mar/2024:03:00:00.007]"))
    }

    @Test func aCachedSecondIsNotTakenForAnother() {
        var formatter = AccessLogFormatter(format: .json)
        let seconds = [Int64(10), 11, 10, 10].map { Self.time($0, formatter: &formatter).prefix(28).suffix(2) }
        #expect(seconds == ["10", "11", "10", "10"])
    }
}
