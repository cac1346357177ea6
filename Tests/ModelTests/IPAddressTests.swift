import Model
import Testing

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("::", "::"), ("::1", "::1"), ("2001:db8::1", "2001:db8::1"), ("1::", "1::"),
        ("::ffff:192.0.2.1", "192.0.2.1"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
    ])
    func textIsReadAndWrittenInItsShortestForm(_ text: String, _ expected: String) throws {
        #expect(try #require(IPAddress(text)).description == expected)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4.5", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:", "12345::",
        "g::", "1.2.3.4:", "::1.2.3", "1:2:3:4:5:6:7::8:9", "1.2.3.4 ",
    ])
    func whatIsNoAddressIsRefused(_ text: String) { #expect(IPAddress(text) == nil) }

    @Test func blocksContainTheirAddresses() throws {
        let block = try #require(AddressBlock("10.1.0.0/16"))
        #expect(block.contains(try #require(IPAddress("10.1.255.3"))))
        #expect(block.contains(try #require(IPAddress("::ffff:10.1.0.1"))))
        #expect(!block.contains(try #require(IPAddress("10.2.0.1"))))
        #expect(try #require(AddressBlock("::/0")).contains(try #require(IPAddress("2001:db8::1"))))
        #expect(try #require(AddressBlock("2001:db8::/33")).contains(try #require(IPAddress("2001:db8:7fff::1"))))
        #expect(!(try #require(AddressBlock("2001:db8::/33")).contains(try #require(IPAddress("2001:db8:8000::1")))))
        #expect(try #require(AddressBlock("0.0.0.0/0")).contains(try #require(IPAddress("1.2.3.4"))))
        #expect(!(try #require(AddressBlock("0.0.0.0/0")).contains(try #require(IPAddress("2001:db8::1")))))
        #expect(AddressBlock("10.0.0.0/33") == nil)
        for text in ["10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/", "10.0.0.0/ 8", "10.0.0.0/8/8", "::/0128", "::/129", "::/00"]
        {
            #expect(AddressBlock(text) == nil, "\(text)")
        }
    }
}
