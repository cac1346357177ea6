/// A response as curl saw it, whatever its status.
struct Reply: Equatable {
    let status: Int
    let text: String
}
