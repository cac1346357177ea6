/// Finds what was probably meant by a misspelt word.
enum Suggestion {
    /// The candidate nearest to `word`, nil where none is near: at most one wrong letter in three, swapped letters count as one.
    static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        let folded = fold(word)
        guard !folded.isEmpty, folded.count <= 64 else { return nil }
        var best: (distance: Int, candidate: String)?
        for candidate in candidates where candidate.utf8.count <= 64 {
            let distance = distance(folded, fold(candidate))
            guard distance <= max(1, min(folded.count, candidate.utf8.count) / 3) else { continue }
            if let known = best, (known.distance, known.candidate) <= (distance, candidate) { continue }
            best = (distance, candidate)
        }
        return best?.candidate
    }

    /// Case and the kind of separator are what people mix up most: they do not count.
    private static func fold(_ word: String) -> [UInt8] {
        Array(word.lowercased().replacing("-", with: "_").utf8)
    }

    /// Optimal string alignment distance.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                let cost = left[row] == right[column] ? 0 : 1
                var value = min(last[column + 1] + 1, current[column] + 1, last[column] + cost)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    value = min(value, beforeLast[column - 1] + 1)
                }
                current.append(value)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
