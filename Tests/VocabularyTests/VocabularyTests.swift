import Testing
import Vocabulary

/// The words that all services share.
struct VocabularyTests {
    @Test func `an identifier is read back as it was written`() throws {
        for _ in 0..<100 {
            let id = AccountID.random()
            #expect(AccountID(id.description) == id)
        }
        let text = "00112233-4455-6677-8899-aabbccddeeff"
        #expect(try #require(TenantID(text)).description == text)
    }

    @Test(arguments: [
        "", "00112233-4455-6677-8899-AABBCCDDEEFF", "{00112233-4455-6677-8899-aabbccddeeff}",
        "00112233445566778899aabbccddeeff", "00112233-4455-6677-8899-aabbccddeefg",
        "001122334-455-6677-8899-aabbccddeeff", "00112233-4455-6677-8899-aabbccddeeff ",
        "00112233-4455-6677-8899-aabbccddee\u{FF46}", "00112233-4455-6677-8899-aabbccddeef",
    ])
    func `an identifier in any other spelling is none`(text: String) {
        #expect(AccountID(text) == nil)
    }

    @Test func `bytes and numbers are written in hexadecimal`() {
        #expect(Hexadecimal.text([0x00, 0x0F, 0xA0, 0xFF]) == "000fa0ff")
        #expect(Hexadecimal.text([]) == "")
        #expect(Hexadecimal.text(0x0123_4567_89AB_CDEF, 1) == "0123456789abcdef0000000000000001")
        #expect("0123456789abcdef".utf8.compactMap(Hexadecimal.value) == Array(0...15))
        #expect("/:`gAF".utf8.allSatisfy { Hexadecimal.value($0) == nil })
    }

    @Test func `a secret shows itself only when it is asked to`() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(secret, to: &dumped)
        for shown in ["\(secret)", String(reflecting: secret), String(describing: [secret]), dumped] {
            #expect(!shown.contains("hunter2"))
        }
        #expect(secret.reveal() == "hunter2")
    }

    @Test(arguments: ErrorCode.allCases)
    func `each error code has a status of its kind`(code: ErrorCode) {
        #expect((400...599).contains(code.status))
        #expect(code.rawValue.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F })
    }
}
