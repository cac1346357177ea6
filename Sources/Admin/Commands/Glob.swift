/// `*` and `?` only, the whole word, without case: as conditions on certnames.
package enum Glob {
    package static func matches(_ text: String, _ pattern: String) -> Bool {
        let text = Array(text.lowercased().unicodeScalars)
        let pattern = Array(pattern.lowercased().unicodeScalars)
        var (position, place) = (0, 0)
        var (star, mark) = (-1, 0)
        while position < text.count {
            if place < pattern.count, pattern[place] == "?" || pattern[place] == text[position] && pattern[place] != "*" {
                position += 1
                place += 1
            } else if place < pattern.count, pattern[place] == "*" {
                star = place
                mark = position
                place += 1
            } else if star >= 0 {
                place = star + 1
                mark += 1
                position = mark
            } else {
                return false
            }
        }
        while place < pattern.count, pattern[place] == "*" { place += 1 }
        return place == pattern.count
    }
}
