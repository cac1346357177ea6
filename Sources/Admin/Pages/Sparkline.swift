/// A small chart of the last hour, one step a minute, drawn as SVG within the page: no image is loaded and no style attribute is needed.
/// The figures themselves are in `data-values`, for the script that names them under the pointer.
struct Sparkline {
    enum Form { case line, bars }

    struct Series {
        /// The line's class.
        let name: String
        /// By place, 0 to 59, the present minute last; nil: there is no sample, or nothing to measure.
        let values: [Double?]
    }

    static let length = 60
    private static let height = 26.0

    let title: String
    /// The figure next to the title.
    let now: HTML
    /// What else is said, such as the peak.
    let note: String
    /// For screen readers.
    let summary: String
    let form: Form
    let series: [Series]
    /// What a figure is called under the pointer, `$` for it; series after the first are separated by `/`.
    let label: String
    /// The scale reaches at least so far.
    let floor: Double
    var isBad = false

    var html: HTML {
        """
        <figure class="spark\(isBad ? " isbad" as HTML : "")"><figcaption><span>\(title)</span> <b>\(now)</b> <small>\(note)</small></figcaption>
        <svg viewBox="0 0 \(Self.length) \(Int(Self.height))" preserveAspectRatio="none" role="img" aria-label="\(summary)"
        data-label="\(label)" data-values="\(values)">\(paths)</svg></figure>
        """
    }

    private var maximum: Double { max(floor, series.flatMap { $0.values.compactMap { $0 } }.max() ?? 0) }

    /// `3,,5` or, with two series, `40/80,,41/90`.
    private var values: String {
        (0..<Self.length).map { place in
            let figures = series.map { $0.values[place].map(Self.number) ?? "" }
            return figures.allSatisfy(\.isEmpty) ? "" : figures.joined(separator: "/")
        }.joined(separator: ",")
    }

    private var paths: HTML {
        var result: HTML = "<path class=\"base\" d=\"M0 \(Self.number(Self.height - 0.5))H\(Self.length)\"/>"
        for one in series {
            switch form {
            case .line:
                result += "<path class=\"area \(one.name)\" d=\"\(area(one))\"/><path class=\"line \(one.name)\" d=\"\(line(one))\"/>"
            case .bars: result += "<path class=\"bars \(one.name)\" d=\"\(bars(one))\"/>"
            }
        }
        return result
    }

    private func y(_ value: Double) -> String { Self.number(Self.height - 1 - value / maximum * (Self.height - 3)) }

    /// Steps; it is interrupted where there is no sample.
    private func line(_ one: Series) -> String {
        var result = ""
        var isOpen = false
        for (place, value) in one.values.enumerated() {
            guard let value else {
                isOpen = false
                continue
            }
            result += isOpen ? "V\(y(value))H\(place + 1)" : "M\(place) \(y(value))H\(place + 1)"
            isOpen = true
        }
        return result
    }

    private func area(_ one: Series) -> String {
        var result = ""
        for (place, value) in one.values.enumerated() {
            guard let value, value > 0 else { continue }
            result += "M\(place) \(Self.number(Self.height))V\(y(value))H\(place + 1)V\(Self.number(Self.height))z"
        }
        return result
    }

    private func bars(_ one: Series) -> String {
        var result = ""
        for (place, value) in one.values.enumerated() {
            guard let value, value > 0 else { continue }
            result += "M\(place).1 \(Self.number(Self.height))V\(y(value))H\(place).9V\(Self.number(Self.height))z"
        }
        return result
    }

    /// With one decimal at most.
    static func number(_ value: Double) -> String {
        let tenths = Int((min(max(value, 0), 1e12) * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}
