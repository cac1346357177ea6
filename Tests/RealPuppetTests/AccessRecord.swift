/// One line of puppetfront's JSON access log: the keys of docs/outputs.md that these tests look at.
struct AccessRecord: Decodable {
    let client: String?
    let method: String?
    let target: String?
    let endpoint: String?
    let certname: String?
    let environment: String?
    let ca: Bool
    let route: String?
    let pool: String?
    let server: String?
    let retries: Int
    let status: Int?
    let reason: String?
    let transaction: String?
}
