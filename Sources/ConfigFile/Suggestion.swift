/// Finds what was probably meant by a misspelt word.
enum Suggestion {
    /// Longer words are not compared, and no more than 200: a file may name as many as it likes.
    private static let lengthLimit = 40

    /// The candidate nearest to `word`, nil where none is near: at most one wrong letter in three, swapped letters count as one.
    static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        let folded = fold(word)
        guard !folded.isEmpty, folded.count <= lengthLimit else { return nil }
        var best: (distance: Int, candidate: String)?
        for candidate in candidates.prefix(200) where candidate.utf8.count <= lengthLimit {
            let limit = max(1, min(folded.count, candidate.utf8.count) / 3)
            guard let distance = distance(folded, fold(candidate), limit: limit) else { continue }
            if let known = best, (known.distance, known.candidate) <= (distance, candidate) { continue }
            best = (distance, candidate)
        }
        return best?.candidate
    }

    /// Case and the kind of separator are what people mix up most: they do not count.
    private static func fold(_ word: String) -> [UInt8] {
        Array(word.lowercased().replacing("-", with: "_").utf8)
    }

    /// Optimal string alignment distance; nil where it is over the limit.
    private static func distance(_ left: [UInt8], _ right: [UInt8], limit: Int) -> Int? {
        guard abs(left.count - right.count) <= limit else { return nil }
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
            guard current.min() ?? 0 <= limit || last.min() ?? 0 <= limit else { return nil }
            beforeLast = last
            last = current
        }
        return last[right.count] <= limit ? last[right.count] : nil
    }
}
